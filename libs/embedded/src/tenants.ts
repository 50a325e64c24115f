// Who uses the server of a folder: one small file per user, so that the last one to go stops it and a killed one doesn't count.
// Tells and records; must not stop anything.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { processStamp } from './system-process.js';

/** Takes back what `registerTenant` recorded. Safe to repeat. */
export type Deregister = () => Promise<void>;

/** Records that this process uses the server of `home`. */
export async function registerTenant(home: string): Promise<Deregister> {
  const folder = folderOf(home);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${process.pid}-${randomBytes(4).toString('hex')}`);
  await writeFile(file, `${hostname()} ${(await processStamp(process.pid)) ?? ''}`);
  return () => rm(file, { force: true });
}

export interface Tenants {
  /** Ids of living processes of this machine, one per use. Files of dead ones are removed on the way. */
  readonly living: number[];
  /** Some file comes from another machine or container, whose processes can't be seen from here. */
  readonly foreign: boolean;
}

export async function findTenants(home: string): Promise<Tenants> {
  const living: number[] = [];
  let foreign = false;
  for (const name of await readdir(folderOf(home)).catch(() => [])) {
    const file = join(folderOf(home), name);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined || text === '') continue; // just gone, or just being written
    const [host, stamp] = splitOnce(text);
    const pid = Number.parseInt(name, 10);
    if (host !== hostname()) foreign = true;
    else if ((await processStamp(pid)) === stamp) living.push(pid);
    else await rm(file, { force: true });
  }
  return { living, foreign };
}

const folderOf = (home: string): string => join(home, 'users');

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(' ');
  return [text.slice(0, at), text.slice(at + 1)];
}
