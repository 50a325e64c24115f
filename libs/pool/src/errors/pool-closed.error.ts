// The pool is gone for good.
import { PoolError } from './pool.error.js';

export class PoolClosedError extends PoolError {
  readonly code = 'closed';

  constructor(pool: string) {
    super(`pool '${pool}' is closed`);
  }
}
