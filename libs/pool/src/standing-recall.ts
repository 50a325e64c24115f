// Asks standing leases back: when exclusive waiters lack entries and the pool may not grow, when it shrinks, drains or renews.
// A waiter for a standing lease never evicts a standing lease, or two sharers would chase each other for ever.
import type { ConnectAttempts } from './connect-attempts.js';
import type { ConnectBackoff } from './connect-backoff.js';
import type { Loan } from './loan.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';

export class StandingRecall<T extends object> {
  constructor(
    private readonly core: PoolCore<T>,
    private readonly backoff: ConnectBackoff,
    private readonly attempts: ConnectAttempts<T>,
  ) {}

  /** Asks as many as are lacking, oldest first, each once. */
  recall(): void {
    const { entries, state, queue } = this.core;
    if (entries.standing === 0) return;
    if (state === 'draining' && queue.size === 0) return this.recallWhere(() => true);
    let lacking = Math.max(this.unserved(), entries.alive - this.core.max) - entries.wanted;
    if (lacking > 0) this.recallWhere(() => lacking-- > 0);
  }

  recallWhere(test: (entry: PoolEntry<T>) => boolean): void {
    if (this.core.entries.standing === 0) return;
    for (const entry of this.core.entries.leased) {
      const { loan } = entry;
      if (loan?.standing === true && !loan.wanted && test(entry)) this.ask(loan);
    }
  }

  /** Exclusive waiters for whom nothing is on its way. */
  private unserved(): number {
    const { entries, queue, ceiling, circuit, state } = this.core;
    if (state === 'paused') return 0;
    // Connects that fail or hang are nothing to wait for.
    if (this.backoff.holding || circuit.open || this.attempts.hanging) return queue.exclusive - entries.returning;
    if (entries.total < ceiling) return 0;
    return queue.exclusive - entries.returning - entries.pending - entries.counts.closing;
  }

  /** In a microtask, so that a holder who is just being granted the lease has it in hand when it is asked back. */
  private ask(loan: Loan): void {
    this.core.entries.want(loan);
    queueMicrotask(() => {
      if (loan.ended) return;
      try {
        loan.options.onWanted?.();
      } catch (error) {
        this.core.observer.callbackFailed(error);
      }
    });
  }
}
