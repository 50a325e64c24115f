// Finds the postmaster that already runs on a cluster: an orphan of a killed process, or one that another process shares.
// Whatever doesn't answer is stopped, a pid file that lies is removed. Must not start anything.
import { unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { HOST } from './port.js';
import { START_TIMEOUT_MS, stopPostmaster } from './postmaster.js';
import { pidFileOf, readPostmasterPid } from './postmaster-pid.js';
import { superuserQuery } from './administration.js';
import { isPostmasterOf, isProgramGone } from './system-process.js';

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** The server that runs on this cluster and answers, or undefined when none does (any more). */
export async function findRunningServer(cluster: Cluster): Promise<RunningServer | undefined> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const found = await readPostmasterPid(cluster.dataFolder);
    if (!found) return undefined;
    if (!(await isPostmasterOf(found.pid, cluster.dataFolder))) {
      await removeStale(cluster, found.pid);
      return undefined;
    }
    if (found.status === 'ready' && !(await isProgramGone(found.pid)) && (await answers(cluster, found.port))) {
      return { pid: found.pid, port: found.port };
    }
    // Another process may have just begun to start or stop it: that is waited for, within reason.
    if (found.status === 'ready' || performance.now() > deadline) {
      await stopPostmaster(found.pid, 'fast');
      return undefined;
    }
    await sleep(20);
  }
}

/** The last proof that it is ours: our password opens it and it names our folder. */
async function answers(cluster: Cluster, port: number): Promise<boolean> {
  try {
    const address = { host: HOST, port, superuser: cluster.superuser };
    const rows = await superuserQuery(address, `SELECT current_setting('data_directory') AS folder`);
    return rows[0]?.['folder'] === cluster.dataFolder;
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to start while the id in the file belongs to any living process of its user, so it has to go. */
async function removeStale(cluster: Cluster, pid: number): Promise<void> {
  const again = await readPostmasterPid(cluster.dataFolder);
  if (again?.pid !== pid) return; // a new one has just started
  await unlink(pidFileOf(cluster.dataFolder)).catch(() => undefined);
}
