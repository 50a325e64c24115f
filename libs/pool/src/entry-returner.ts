// What happens to an entry whose lease ends: kept, cleaned or closed. The only place that knows.
// The way of a clean return makes no promise and asks the clock once: it is half of every query's overhead.
import type { CloseReason } from './close-reason.js';
import type { EntryCloser } from './entry-closer.js';
import type { EntryProver } from './entry-prover.js';
import { proven, restDue, unfit } from './entry-fitness.js';
import { crowding } from './entry-places.js';
import { PoolClosingError } from './errors/pool-closing.error.js';
import { StepTimeoutError } from './errors/step-timeout.error.js';
import type { Loan } from './loan.js';
import { LostHandles } from './lost-handles.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import { StepBudget } from './step-budget.js';

const DONE = Promise.resolve();

export class EntryReturner<T extends object> {
  readonly handles = new LostHandles<T>((entry, loan) => this.reclaim(entry, loan));

  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
    private readonly prover: EntryProver<T>,
  ) {}

  get poolName(): string {
    return this.core.options.name;
  }

  /** Settles when the entry is idle, lent again or closing. */
  release(entry: PoolEntry<T>, loan: Loan): Promise<void> {
    this.endLoan(entry, loan);
    if (this.closedIfUnfit(entry)) return DONE;
    let budget: StepBudget | undefined;
    const begin = (): StepBudget =>
      (budget ??= new StepBudget(this.core.clock, 'reset', this.core.options.resetTimeoutMs));
    let cleaned: ReturnType<typeof this.core.manager.reset>;
    try {
      cleaned = this.core.manager.reset(entry.resource, () => begin().context);
    } catch {
      cleaned = 'discard';
    }
    if (typeof cleaned === 'object') return this.awaitReset(entry, begin(), cleaned);
    budget?.end();
    this.afterReset(entry, cleaned);
    return DONE;
  }

  discard(entry: PoolEntry<T>, loan: Loan, reason: CloseReason): void {
    this.endLoan(entry, loan);
    this.closer.close(entry, reason);
    // The holder may know of the death before the resource has told: its neighbours may have gone the same way.
    if (reason === 'broken' && entry.lost === undefined) this.prover.suspectAll();
    this.core.dispatch();
  }

  /** The pool's own end of a lease, at the end of a drain. */
  take(entry: PoolEntry<T>, loan: Loan): void {
    loan.taken = true;
    this.discard(entry, loan, 'shutdown');
  }

  /** Its borrower is gone without a word: what it left behind, and what it still runs, is unknown. */
  private reclaim(entry: PoolEntry<T>, loan: Loan): void {
    const { core } = this;
    loan.taken = true;
    // It does not come back: the report of its age has no second half.
    loan.leakReported = false;
    core.reclaimed++;
    core.observer.reclaimed(core.clock.now() - loan.acquiredAt, loan.stack);
    this.discard(entry, loan, 'leaked');
  }

  endedTwice(loan: Loan): void {
    if (loan.taken || loan.doubleReported) return;
    loan.doubleReported = true;
    this.core.observer.doubleRelease(loan.stack);
  }

  private endLoan(entry: PoolEntry<T>, loan: Loan): void {
    const now = this.core.clock.now();
    entry.lastUsedAt = now;
    const { place } = loan.options;
    if (place !== undefined && entry.place !== place) entry.misplacedFor = place;
    this.core.entries.endLoan(entry, loan);
    this.handles.forget(loan);
    this.core.observer.released(now - loan.acquiredAt);
    if (loan.leakReported) this.core.observer.leakReturned(now - loan.acquiredAt);
  }

  private awaitReset(entry: PoolEntry<T>, budget: StepBudget, work: Promise<void | 'discard'>): Promise<void> {
    this.core.entries.move(entry, 'resetting');
    entry.step = budget;
    if (entry.lost !== undefined) budget.fail(entry.lost);
    return budget.race(work).then(
      (cleaned) => {
        entry.lastUsedAt = this.core.clock.now();
        this.afterReset(entry, cleaned === 'discard' ? 'discard' : undefined);
      },
      (error: unknown) => {
        if (error instanceof StepTimeoutError) this.core.observer.timedOut('reset');
        const fallback = error instanceof PoolClosingError ? 'shutdown' : 'reset-failed';
        this.closeAfterReset(entry, entry.lost === undefined ? fallback : 'broken');
      },
    );
  }

  private afterReset(entry: PoolEntry<T>, cleaned: 'discard' | undefined): void {
    if (cleaned === 'discard') return this.closeAfterReset(entry, 'reset-failed');
    entry.step = undefined;
    if (this.closedIfUnfit(entry)) return;
    const { core } = this;
    if (entry.misplacedFor !== undefined && crowding(core, entry)) return this.evict(entry);
    proven(core, entry, entry.lastUsedAt);
    core.entries.move(entry, 'idle');
    core.wakeAt(restDue(core, entry));
    if (core.queue.size > 0 || core.state !== 'running') core.dispatch();
  }

  private evict(entry: PoolEntry<T>): void {
    this.closer.close(entry, 'evicted');
    this.core.dispatch();
  }

  private closeAfterReset(entry: PoolEntry<T>, reason: CloseReason): void {
    entry.step = undefined;
    this.closer.close(entry, reason);
    this.core.dispatch();
  }

  private closedIfUnfit(entry: PoolEntry<T>): boolean {
    const reason = unfit(this.core, entry, entry.lastUsedAt);
    if (reason === undefined) return false;
    this.closer.close(entry, reason);
    this.core.dispatch();
    return true;
  }
}
