// The pool takes no new work, or gave up a waiter at the end of its drain.
import { PoolError } from './pool.error.js';

export class PoolClosingError extends PoolError {
  readonly code = 'closing';

  constructor(pool: string) {
    super(`pool '${pool}' is closing`);
  }
}
