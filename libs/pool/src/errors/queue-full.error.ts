// Refused at the door: as many already wait as may. Early refusal is kinder than a certain timeout.
import { describeStats, type PoolStats } from '../pool-stats.js';
import { PoolError } from './pool.error.js';

export class QueueFullError extends PoolError {
  readonly code = 'queue-full';

  constructor(
    pool: string,
    readonly maxQueue: number,
    readonly stats: PoolStats,
  ) {
    super(`pool '${pool}': the queue of ${maxQueue} is full (${describeStats(stats)})`);
  }
}
