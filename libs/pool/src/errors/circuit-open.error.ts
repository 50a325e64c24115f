// Refused at once: the far side refused the pool's last login, and nothing that is open can serve this borrower.
import { PoolError } from './pool.error.js';

export class CircuitOpenError extends PoolError {
  readonly code = 'circuit-open';

  /** @param cause what the last create was refused with */
  constructor(
    pool: string,
    /** Until then nothing is tried; the first who asks afterwards is the next attempt. */
    readonly retryAfterMs: number,
    cause: unknown,
  ) {
    super(`pool '${pool}': the last login was refused; not tried again for ${Math.ceil(retryAfterMs)} ms`, { cause });
  }
}
