// The borrower's own signal ended the wait; the cause is the signal's reason.
import { PoolError } from './pool.error.js';

export class AcquireAbortedError extends PoolError {
  readonly code = 'aborted';

  constructor(pool: string, reason: unknown) {
    super(`pool '${pool}': the wait was aborted by its caller`, { cause: reason });
  }
}
