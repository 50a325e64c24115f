// Clears away servers that aren't persistent and whose process was killed before it could: stops them, removes their data.
// Must not touch one that a living process, or one it can't see, may still use.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_PREFIX } from './home.js';
import { stopPostmaster } from './postmaster.js';
import { readPostmasterPid } from './postmaster-pid.js';
import { isPostmasterOf } from './system-process.js';
import { findTenants } from './tenants.js';

/** Between making the folder and registering there lie milliseconds. */
const TOO_YOUNG_MS = 60_000;

/** `folder` is where temporary homes are made. Never throws: it is a kindness to the disk. */
export async function sweepTemporaryHomes(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const homes = names.filter((name) => name.startsWith(TEMPORARY_PREFIX)).map((name) => join(folder, name));
  await Promise.allSettled(homes.map(sweep));
}

async function sweep(home: string): Promise<void> {
  const found = await stat(home);
  if (found.uid !== process.getuid?.() || Date.now() - found.mtimeMs < TOO_YOUNG_MS) return;
  const { living, foreign } = await findTenants(home);
  if (living.length > 0 || foreign) return;
  const dataFolder = join(home, 'cluster', 'data');
  const running = await readPostmasterPid(dataFolder);
  if (running && (await isPostmasterOf(running.pid, dataFolder))) await stopPostmaster(running.pid, 'immediate');
  await rm(home, { recursive: true, force: true });
}
