// What this machine says about a process id: does it live, is it the same one as before, what is it.
// Ids are used again after a reboot or a while, so a bare `kill(pid, 0)` is never proof. Must not signal anything.
import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isErrno } from './errno.js';

const run = promisify(execFile);

/**
 * A text that stays the same for the life of a process and differs for the next one with its id.
 * Undefined when the process doesn't exist (any more) or is a zombie.
 */
export async function processStamp(pid: number): Promise<string | undefined> {
  if (!exists(pid)) return undefined;
  if (process.platform === 'linux') {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The second field is the program's name in brackets and may itself hold spaces and brackets.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z') return undefined;
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
      return `${boot.trim()}:${fields[19] ?? ''}`;
    } catch {
      return undefined;
    }
  }
  const started = await ps(pid, 'lstart=');
  return started ?? 'unknown';
}

/** True when `pid` is a living postmaster of this data directory (its real path). */
export async function isPostmasterOf(pid: number, dataFolder: string): Promise<boolean> {
  if ((await processStamp(pid)) === undefined) return false;
  // A postmaster changes into its data directory before it writes its pid file. Unreadable means: somebody else's.
  if (process.platform === 'linux') return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === dataFolder;
  return (await ps(pid, 'command='))?.includes(dataFolder) ?? false;
}

/** True when the program's file was removed under the running process, as by `npm ci`: it can't load its libraries any more. */
export async function isProgramGone(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return (await readlink(`/proc/${pid}/exe`).catch(() => '')).endsWith(' (deleted)');
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

async function ps(pid: number, column: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', column, '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
