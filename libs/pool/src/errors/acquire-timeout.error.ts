// A waiter's deadline passed. Carries what one needs at three in the morning: figures, oldest holders, last connect failure.
import { describeStats, type HolderInfo, type PoolStats } from '../pool-stats.js';
import { PoolError } from './pool.error.js';

export interface AcquireTimeoutDetails {
  readonly pool: string;
  readonly waitedMs: number;
  /** `wait`: all resources were in use. `connect`: none could be made in time. */
  readonly step: 'wait' | 'connect';
  readonly stats: PoolStats;
  /** At most five, oldest first, without standing leases. */
  readonly holders: readonly HolderInfo[];
  /** The last failed create, if none has succeeded since. */
  readonly cause?: unknown;
}

export class AcquireTimeoutError extends PoolError {
  readonly code = 'acquire-timeout';
  readonly step: 'wait' | 'connect';
  readonly waitedMs: number;
  readonly stats: PoolStats;
  readonly holders: readonly HolderInfo[];

  constructor(details: AcquireTimeoutDetails) {
    const why = details.step === 'wait' ? 'none came back' : 'none could be opened';
    super(
      `pool '${details.pool}': ${why} within ${Math.round(details.waitedMs)} ms (${describeStats(details.stats)})`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.step = details.step;
    this.waitedMs = details.waitedMs;
    this.stats = details.stats;
    this.holders = details.holders;
  }
}
