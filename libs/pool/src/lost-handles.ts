// Notices leases whose handle was garbage-collected before its end: nobody can return them any more. Watched are those alone
// that gave a stack, for a registration costs several hundred nanoseconds, and single statements do not lose their leases.
import type { Loan } from './loan.js';
import type { PoolEntry } from './pool-entry.js';

interface Lost<T extends object> {
  readonly entry: PoolEntry<T>;
  readonly loan: Loan;
}

export class LostHandles<T extends object> {
  readonly #registry: FinalizationRegistry<Lost<T>>;

  constructor(onLost: (entry: PoolEntry<T>, loan: Loan) => void) {
    this.#registry = new FinalizationRegistry(({ entry, loan }) => {
      // Its end may have come between the collection and this call.
      if (!loan.ended) onLost(entry, loan);
    });
  }

  /** @param handle must not be reachable from the entry or the loan, or it would never be lost */
  watch(handle: object, entry: PoolEntry<T>, loan: Loan): void {
    if (loan.options.stack === undefined || loan.standing || loan.kept) return;
    loan.watched = true;
    this.#registry.register(handle, { entry, loan }, loan);
  }

  /** Its lease has ended as it should. */
  forget(loan: Loan): void {
    if (loan.watched) this.#registry.unregister(loan);
  }
}
