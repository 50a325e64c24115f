// The handle in a borrower's hand. It ends once; after that it only says so.
import type { CloseReason } from './close-reason.js';
import { LeaseEndedError } from './errors/lease-ended.error.js';
import type { EntryReturner } from './entry-returner.js';
import type { Lease } from './lease.js';
import type { Loan } from './loan.js';
import type { PoolEntry } from './pool-entry.js';

const DONE = Promise.resolve();

export class PoolLease<T extends object> implements Lease<T> {
  readonly #entry: PoolEntry<T>;
  readonly #loan: Loan;
  readonly #returner: EntryReturner<T>;

  constructor(entry: PoolEntry<T>, loan: Loan, returner: EntryReturner<T>) {
    this.#entry = entry;
    this.#loan = loan;
    this.#returner = returner;
  }

  get resource(): T {
    if (this.#loan.ended) throw new LeaseEndedError(this.#returner.poolName, this.#loan.taken);
    return this.#entry.resource;
  }

  get acquiredAt(): number {
    return this.#loan.acquiredAt;
  }

  get waitedMs(): number {
    return this.#loan.waitedMs;
  }

  get standing(): boolean {
    return this.#loan.standing;
  }

  get wanted(): boolean {
    return this.#loan.wanted;
  }

  release(): Promise<void> {
    if (!this.#loan.ended) return this.#returner.release(this.#entry, this.#loan);
    this.#returner.endedTwice(this.#loan);
    return DONE;
  }

  discard(reason: CloseReason): Promise<void> {
    if (!this.#loan.ended) this.#returner.discard(this.#entry, this.#loan, reason);
    else this.#returner.endedTwice(this.#loan);
    return DONE;
  }

  [Symbol.asyncDispose](): Promise<void> {
    // A lease ended inside its `await using` block was ended rightly: no report.
    return this.#loan.ended ? DONE : this.#returner.release(this.#entry, this.#loan);
  }
}
