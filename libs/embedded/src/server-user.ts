// Under which system user PostgreSQL runs: it refuses root, so as root one is found or made.
// Everywhere else it runs as the user who started us. Must not touch files.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EmbeddedServerError } from './embedded.error.js';

const run = promisify(execFile);

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Undefined: as ourselves. As root: `postgres` where it exists, else made by useradd, else `nobody`.
 * A user with a name is needed, for initdb looks its own up.
 */
export async function findServerUser(log: (line: string) => void): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp('postgres');
  if (known) return known;
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]).then(
    () => log('PostgreSQL refuses to run as root: the system user "postgres" was made for it'),
    () => undefined,
  );
  const user = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (user) return user;
  throw new EmbeddedServerError(
    'EMBEDDED_UNSUPPORTED',
    'PostgreSQL refuses to run as root, and neither a user "postgres" nor "nobody" exists. Make one, or run as a plain user.',
  );
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
    );
    return uid !== undefined && gid !== undefined && uid > 0 ? { uid, gid } : undefined;
  } catch {
    return undefined;
  }
}
