// Makes a data directory by initdb, once per home, and keeps its superuser's password beside it.
// Two processes may try at once: each builds aside, the first rename wins. Must not start a server.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import { EmbeddedServerError } from './embedded.error.js';
import { isErrno } from './errno.js';
import { SERVER_ENVIRONMENT } from './server-environment.js';
import type { ServerUser } from './server-user.js';
import { processStamp } from './system-process.js';

export interface Cluster {
  readonly dataFolder: string;
  readonly superuser: { readonly user: string; readonly password: string };
  /** Owner of the data, under whom the server has to run; undefined: ourselves. */
  readonly user: ServerUser | undefined;
}

const ASIDE = 'cluster-making-';
const HBA = ['all', 'replication'].map((what) => `host ${what} all 127.0.0.1/32 scram-sha-256\n`).join('');

/** The cluster of this home, made if there is none. Throws `EMBEDDED_INIT_FAILED` or `EMBEDDED_FOLDER`. */
export async function ensureCluster(home: string, binaries: Binaries, user: ServerUser | undefined): Promise<Cluster> {
  const cluster = join(home, 'cluster');
  if (!(await stat(cluster).catch(() => undefined))) {
    await removeLeftOvers(home);
    const aside = await mkdtemp(join(home, `${ASIDE}${process.pid}-`));
    try {
      await build(aside, binaries, user);
      await rename(aside, cluster).catch((error: unknown) => {
        if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
      });
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }
  return open(cluster, binaries);
}

async function open(cluster: string, binaries: Binaries): Promise<Cluster> {
  const dataFolder = join(cluster, 'data');
  const owner = await stat(dataFolder);
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && owner.uid !== own) {
    throw new EmbeddedServerError(
      'EMBEDDED_FOLDER',
      `The data in ${dataFolder} belong to another system user (${owner.uid}). Start it as that one or as root, or remove the folder.`,
    );
  }
  const [password, version] = await Promise.all([
    readFile(join(cluster, 'superuser-password'), 'utf8'),
    readFile(join(dataFolder, 'PG_VERSION'), 'utf8'),
  ]);
  if (version.trim() !== binaries.version.split('.')[0]) {
    throw new EmbeddedServerError(
      'EMBEDDED_FOLDER',
      `The data in ${dataFolder} are of PostgreSQL ${version.trim()}, the programs of ${binaries.version}. Move the folder away to start anew.`,
    );
  }
  const user = own === 0 ? { uid: owner.uid, gid: owner.gid } : undefined;
  return { dataFolder, superuser: { user: 'postgres', password: password.trim() }, user };
}

async function build(aside: string, binaries: Binaries, user: ServerUser | undefined): Promise<void> {
  const dataFolder = join(aside, 'data');
  const passwordFile = join(aside, 'superuser-password');
  const secret = randomBytes(24).toString('base64url');
  await mkdir(dataFolder, { mode: 0o700 });
  await writeFile(passwordFile, `${secret}\n`, { mode: 0o600 });
  if (user) {
    await chmod(aside, 0o711);
    for (const path of [dataFolder, passwordFile]) await chown(path, user.uid, user.gid); // initdb reads it as that user
  }
  // "builtin" with C.UTF-8 sorts by code point as C does, but knows the upper and lower case of all letters.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  await runInitdb(binaries.initdb, [`--pgdata=${dataFolder}`, '--no-sync', ...locale, ...access], user);
  await writeFile(join(dataFolder, 'pg_hba.conf'), HBA);
  if (user) await chown(passwordFile, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
}

function runInitdb(file: string, args: string[], user: ServerUser | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: Error): void =>
      reject(new EmbeddedServerError('EMBEDDED_INIT_FAILED', `initdb failed: ${message}`, { cause }));
    let output = '';
    const child = spawn(file, args, { ...user, cwd: '/', env: SERVER_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    // The file is there, so ENOENT means its loader isn't: these programs are built for glibc.
    child.on('error', (error) =>
      fail(isErrno(error, 'ENOENT') ? 'its programs need glibc and do not run on musl (Alpine)' : error.message, error),
    );
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : fail(`${signal ?? `code ${code}`}\n${output.trim()}`),
    );
  });
}

/** What processes left that were killed while building. */
async function removeLeftOvers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(ASIDE)) continue;
    const pid = Number.parseInt(name.slice(ASIDE.length), 10);
    if ((await processStamp(pid)) === undefined) await rm(join(home, name), { recursive: true, force: true });
  }
}
