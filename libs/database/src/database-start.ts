// What `Startup` means: fail-fast proves every database before the service listens, degraded begins and lets the pools
// go on by themselves, lazy does nothing.
import type { Startup } from '@hydrogen/config';
import { systemClock } from '@hydrogen/pool';
import type { DatabaseRuntime } from './database-runtime.js';
import type { ReportLog } from './observe/report-log.js';
import { acquireError } from './executor/pool-errors.js';

export interface StartOptions {
  readonly startup: Startup;
  /** StartupTimeoutMs. */
  readonly budgetMs: number;
  /** The databases are being closed: nothing is waited for any more. */
  readonly signal: AbortSignal;
  readonly log: ReportLog;
}

/** @throws the first database's error, in fail-fast only; the others are not waited for then */
export async function startRuntimes(runtimes: readonly DatabaseRuntime[], options: StartOptions): Promise<void> {
  const { startup, budgetMs, signal, log } = options;
  if (startup === 'lazy') return;
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const starting = runtimes.map((runtime) => prove(runtime, budgetMs, stop));
  if (startup === 'degraded') {
    for (const [index, start] of starting.entries()) {
      start.catch((error: Error) => log.warn(`${runtimes[index]?.name}: started degraded: ${error.message}`));
    }
    return;
  }
  try {
    await Promise.all(starting);
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

/** MinConnections are open, and at least one connection has answered. */
async function prove({ name, executor, warm }: DatabaseRuntime, budgetMs: number, signal: AbortSignal): Promise<void> {
  const { context, pool } = executor;
  const deadline = systemClock.now() + budgetMs;
  try {
    const lease = await pool.acquire({ deadline, signal });
    await lease.release();
    warm();
    await Promise.race([pool.fill(deadline), aborted(signal)]);
  } catch (error) {
    const budget = context.ownBudget(budgetMs);
    throw acquireError(error, budget, { database: name, target: context.target, limit: 'StartupTimeoutMs' }, false);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
