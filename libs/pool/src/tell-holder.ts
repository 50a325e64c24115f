// A word to the holder of a lease, by a callback of his own.
import type { Loan } from './loan.js';
import type { PoolCore } from './pool-core.js';

/** In a microtask, so that a holder who is just being granted the lease has it in hand by then. */
export function tellHolder<T extends object>(core: PoolCore<T>, loan: Loan, tell: (() => void) | undefined): void {
  if (tell === undefined) return;
  queueMicrotask(() => {
    if (loan.ended) return;
    try {
      tell();
    } catch (error) {
      core.observer.callbackFailed(error);
    }
  });
}
