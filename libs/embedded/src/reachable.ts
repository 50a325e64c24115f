// Can a system user reach a path? Every folder above must let it through.
// Looks at the permission bits only, not at access lists; must not change any.
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ServerUser } from './server-user.js';

/**
 * True when `user` may walk through `folder` and everything above it. With `user` undefined (the server runs as
 * ourselves) it is true. A folder that doesn't exist yet counts as reachable when its parents are.
 */
export async function isReachable(folder: string, user: ServerUser | undefined): Promise<boolean> {
  if (!user) return true;
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found) {
      const bit = found.uid === user.uid ? 0o100 : found.gid === user.gid ? 0o010 : 0o001;
      if ((found.mode & bit) === 0) return false;
    }
    if (at === dirname(at)) return true;
  }
}
