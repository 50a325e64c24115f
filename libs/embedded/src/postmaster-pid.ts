// Reads postmaster.pid, the file by which a running PostgreSQL tells its process id, port and state.
// It must not believe the file: whether the process is the one meant is system-process.ts' matter.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from './errno.js';

export interface PostmasterPid {
  readonly pid: number;
  /** 0 as long as the server hasn't written it. */
  readonly port: number;
  /** `ready` accepts connections; `starting` and `stopping` don't (yet, any more). */
  readonly status: string;
}

export const pidFileOf = (dataFolder: string): string => join(dataFolder, 'postmaster.pid');

/** The file's content, or undefined when there is none (a clean stop removes it) or it isn't fully written yet. */
export async function readPostmasterPid(dataFolder: string): Promise<PostmasterPid | undefined> {
  let text: string;
  try {
    text = await readFile(pidFileOf(dataFolder), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  return parsePostmasterPid(text);
}

/** The lines are: pid, data directory, start time, port, socket directory, listen address, shared memory, status. */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  // A negative id is a single-user backend, such as initdb's.
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  return { pid, port: Number.parseInt(lines[3] ?? '', 10) || 0, status: lines[7] || 'starting' };
}
