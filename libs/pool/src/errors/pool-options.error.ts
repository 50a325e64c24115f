// Options out of bounds: all problems at once, before anything is opened. Nothing is repaired in silence.
import { PoolError } from './pool.error.js';

export class PoolOptionsError extends PoolError {
  readonly code = 'options';

  constructor(
    pool: string,
    readonly problems: readonly string[],
  ) {
    super(`pool '${pool}': ${problems.join('; ')}`);
  }
}
