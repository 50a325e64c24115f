// What a borrower holds: the resource, for as long as the lease lasts, and the two ways to end it.
import type { CloseReason } from './close-reason.js';

export interface Lease<T extends object> extends AsyncDisposable {
  /** @throws LeaseEndedError after the end. Read it at each use instead of keeping it. */
  readonly resource: T;
  /** On the pool's clock. */
  readonly acquiredAt: number;
  readonly waitedMs: number;
  /** True when acquired with `onWanted`. */
  readonly standing: boolean;
  /** True from when the pool wants a standing lease back. */
  readonly wanted: boolean;
  /** Ends the lease; settles when the entry is idle, lent again or closing. Never rejects. A second call is a no-op that is reported. */
  release(): Promise<void>;
  /** Ends the lease and the resource; settles when closing has begun. Never rejects. */
  discard(reason: CloseReason): Promise<void>;
}
