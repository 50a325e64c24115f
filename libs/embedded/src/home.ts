// Chooses and makes the folder where a server's cluster, log and users' files live: the "home".
// Must not start or stop anything, nor look into the cluster.
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EmbeddedServerError } from './embedded.error.js';
import type { EmbeddedOptions } from './embedded-options.js';
import { isReachable } from './reachable.js';
import type { ServerUser } from './server-user.js';
import { sharedFolders } from './shared-folders.js';

/** Every home of a server that isn't persistent starts with this; the sweep looks for it. */
export const TEMPORARY_PREFIX = 'hydrogen-pg-';

/**
 * The real path of the home. `options.folder`, or for a server that isn't persistent a new folder inside it; when the
 * server's user can't reach that, one of the shared folders, always the same for the same `options.folder`.
 * Throws `EMBEDDED_FOLDER` when there is none.
 */
export async function prepareHome(
  options: EmbeddedOptions,
  user: ServerUser | undefined,
  log: (line: string) => void,
): Promise<string> {
  const wanted = resolve(options.folder);
  await mkdir(wanted, { recursive: true, mode: 0o755 });
  if (options.persistent === false) return makeTemporary(wanted, user);
  if (user) await chmod(wanted, 0o711); // this folder itself may be opened; those above it are not ours to change
  if (await isReachable(wanted, user)) return realpath(wanted);

  const name = `hydrogen-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`;
  for (const base of await sharedFolders(user)) {
    const home = join(base, name);
    await mkdir(home, { mode: 0o711 }).catch(() => undefined);
    const found = await lstat(home).catch(() => undefined);
    if (!found?.isDirectory() || found.uid !== process.getuid?.()) continue;
    await chmod(home, 0o711);
    log(`PostgreSQL's system user can't reach ${wanted}, so the data live in ${home}`);
    return realpath(home);
  }
  throw new EmbeddedServerError(
    'EMBEDDED_FOLDER',
    `PostgreSQL's system user can't reach ${wanted}; name another folder`,
  );
}

async function makeTemporary(wanted: string, user: ServerUser | undefined): Promise<string> {
  const base = (await isReachable(wanted, user)) ? wanted : (await sharedFolders(user)).at(-1);
  if (base === undefined) {
    throw new EmbeddedServerError(
      'EMBEDDED_FOLDER',
      `PostgreSQL's system user can't reach ${wanted}; name another folder`,
    );
  }
  const home = await mkdtemp(join(base, TEMPORARY_PREFIX));
  if (user) await chmod(home, 0o711);
  return realpath(home);
}
