// The folders that nearly every system user can reach: where things go when the project's own folder is out of reach.
// Only names them; whoever puts something there checks whom it belongs to.
import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isReachable } from './reachable.js';
import type { ServerUser } from './server-user.js';

/** Best first: one that outlives a reboot, then the temporary ones. All writable by us and reachable by `user`. */
export async function sharedFolders(user: ServerUser | undefined): Promise<string[]> {
  const folders: string[] = [];
  for (const name of ['/var/lib', '/var/tmp', tmpdir()]) {
    const folder = await realpath(name).catch(() => undefined);
    if (folder === undefined || !(await isReachable(folder, user))) continue;
    const refused: unknown = await access(folder, constants.W_OK).catch((error: unknown) => error);
    if (refused === undefined) folders.push(folder);
  }
  return folders;
}
