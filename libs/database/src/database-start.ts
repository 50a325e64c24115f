// What `Startup` means: fail-fast proves every database before the service listens, degraded begins and lets the pools
// go on by themselves, lazy does nothing.
import type { Startup } from '@hydrogen/config';
import { systemClock } from '@hydrogen/pool';
import type { DatabaseRuntime, RuntimeLog } from './database-runtime.js';
import { acquireError } from './executor/pool-errors.js';

/** @throws the first database's error, in fail-fast only */
export async function startRuntimes(
  runtimes: readonly DatabaseRuntime[],
  { startup, budgetMs, log }: { startup: Startup; budgetMs: number; log: RuntimeLog },
): Promise<void> {
  if (startup === 'lazy') return;
  const deadline = systemClock.now() + budgetMs;
  const starting = runtimes.map((runtime) => prove(runtime, budgetMs, deadline));
  if (startup === 'fail-fast') return void (await Promise.all(starting));
  for (const [index, start] of starting.entries()) {
    start.catch((error: Error) => log.warn(`${runtimes[index]?.name}: started degraded: ${error.message}`));
  }
}

/** MinConnections are open, and at least one connection has answered. */
async function prove({ name, executor }: DatabaseRuntime, timeoutMs: number, deadline: number): Promise<void> {
  try {
    await executor.pool.fill(deadline);
    const lease = await executor.pool.acquire({ deadline });
    await lease.release();
    executor.answered();
  } catch (error) {
    const budget = executor.context.budget({ timeoutMs });
    throw acquireError(error, budget, { database: name, acquireTimeoutMs: timeoutMs }, false);
  }
}
