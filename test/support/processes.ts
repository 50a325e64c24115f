// Which processes of this machine work on a folder, and the end of one. For proving that nothing is left behind.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';

const run = promisify(execFile);

/** Ids of living processes that name the folder in their command line, as PostgreSQL's postmaster and initdb do. */
export async function processesOf(folder: string): Promise<number[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,stat=,args='], { maxBuffer: 16 * 1024 * 1024 });
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .flatMap((found) => (found && !found[2]?.startsWith('Z') && found[3]?.includes(folder) ? [Number(found[1])] : []));
}

/** Kills it by its id and waits until it is gone. */
export async function endProcess(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
    await eventually(5000, () => {
      process.kill(pid, 0);
      return false;
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
