// The resource was used after its lease had ended: by release, by discard, or because the pool took it at shutdown.
import { PoolError } from './pool.error.js';

export class LeaseEndedError extends PoolError {
  readonly code = 'lease-ended';

  constructor(pool: string, taken: boolean) {
    super(
      taken
        ? `pool '${pool}': the lease was taken back by the pool; its resource is gone`
        : `pool '${pool}': the lease has ended; its resource may be another borrower's now`,
    );
  }
}
