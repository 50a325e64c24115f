// A lease without a callback: nobody but its borrower ends it, so the request in which it was acquired sees to it that it ends.
import type { Reclaimable, RequestScope } from '../scope/request-scope.js';
import type { CallContext } from './call-context.js';
import type { HeldConnection } from './held-connection.js';
import { PooledLease } from './pooled-lease.js';

export class RequestedLease extends PooledLease implements Reclaimable {
  readonly #request: RequestScope | undefined;
  readonly #onReclaimed: () => void;

  constructor(
    held: HeldConnection,
    context: CallContext,
    request: RequestScope | undefined,
    /** For a report. Must not throw. */
    onReclaimed: () => void,
  ) {
    super(held, context);
    this.#request = request;
    this.#onReclaimed = onReclaimed;
    request?.remember(this);
  }

  override release(): Promise<void> {
    this.#request?.forget(this);
    return super.release();
  }

  /** Its running statements end on their own time, as at any release. */
  reclaim(): void {
    this.#onReclaimed();
    void super.release();
  }
}
