// Ends entries. The slot stays taken until destroy has settled, for until then the far side still has a session.
// Whoever calls has already taken the entry from its borrower.
import type { CloseReason } from './close-reason.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import { StepBudget } from './step-budget.js';

export class EntryCloser<T extends object> {
  constructor(private readonly core: PoolCore<T>) {}

  close(entry: PoolEntry<T>, reason: CloseReason): void {
    this.core.entries.move(entry, 'closing');
    void this.destroy(entry.resource, reason).then(() => {
      this.core.entries.move(entry, 'closed');
      this.core.observer.closed(reason);
      this.core.dispatch();
    });
  }

  /**
   * For a create that was given up while it still runs: its slot stays taken until it has ended, and what it may yet bring is
   * destroyed; but no longer than a destroy may take, or a create that never settles would cost a slot for ever.
   */
  linger(entry: PoolEntry<T>, create: Promise<T>): void {
    this.core.entries.move(entry, 'closing');
    const reason: CloseReason = this.core.state === 'draining' ? 'shutdown' : 'evicted';
    const ended = create.then(
      (late) => this.destroy(late, reason),
      () => undefined,
    );
    const free = (): void => {
      this.core.entries.move(entry, 'closed');
      this.core.dispatch();
    };
    void this.budget().race(ended).then(free, free);
  }

  private destroy(resource: T, reason: CloseReason): Promise<void> {
    const budget = this.budget();
    const work = async (): Promise<void> => this.core.manager.destroy(resource, reason, budget.context);
    return budget.race(work()).catch(() => undefined);
  }

  private budget(): StepBudget {
    return new StepBudget(this.core.clock, 'destroy', this.core.options.destroyTimeoutMs);
  }
}
