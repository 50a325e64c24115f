// Which processes of this machine work on a folder, and their end. For proving that nothing is left behind.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';

const run = promisify(execFile);

export interface RunningProcess {
  readonly pid: number;
  /** The command line. */
  readonly command: string;
}

/** Living processes that name the folder in their command line, as PostgreSQL's postmaster and initdb do. */
export async function processesOf(folder: string): Promise<RunningProcess[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,stat=,args='], { maxBuffer: 16 * 1024 * 1024 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const living = pid !== undefined && command !== undefined && !state?.startsWith('Z');
    return living && command.includes(folder) ? [{ pid: Number(pid), command }] : [];
  });
}

/** Kills them by their ids and waits until they are gone. */
export async function endProcessesOf(folder: string): Promise<void> {
  for (const { pid } of await processesOf(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone meanwhile
    }
  }
  await eventually(5000, async () => (await processesOf(folder)).length === 0);
}
