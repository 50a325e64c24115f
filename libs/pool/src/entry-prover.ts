// Proves that idle entries live, holding them `reserved` meanwhile so that nobody can be handed one.
// For the borrower who would get an entry after a long rest, for keepalive, and for all idle ones after a sudden death.
import type { EntryCloser } from './entry-closer.js';
import { proven, restDue, unfit } from './entry-fitness.js';
import { PoolClosingError } from './errors/pool-closing.error.js';
import { StepTimeoutError } from './errors/step-timeout.error.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import { StepBudget } from './step-budget.js';

export class EntryProver<T extends object> {
  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
  ) {}

  /** @param sweeping part of a general proof, whose failures are no news. */
  prove(entry: PoolEntry<T>, sweeping = false): void {
    const { core } = this;
    core.entries.move(entry, 'reserved');
    const budget = new StepBudget(core.clock, 'validate', core.options.validationTimeoutMs);
    entry.step = budget;
    const work = async (): Promise<void> => core.manager.validate(entry.resource, budget.context);
    void budget.race(work()).then(
      () => this.passed(entry),
      (error: unknown) => this.failed(entry, error, sweeping),
    );
  }

  /** A resource died unasked: its neighbours may have gone the same way, so prove them before anyone gets one. */
  suspectAll(): void {
    if (this.core.options.validateAfterIdleMs === 0) return;
    this.core.suspicion++;
    for (const entry of this.core.entries.idle.coldestFirst()) this.prove(entry, true);
  }

  private passed(entry: PoolEntry<T>): void {
    const { core } = this;
    const now = core.clock.now();
    entry.step = undefined;
    proven(core, entry, now);
    const reason = unfit(core, entry, now);
    if (reason !== undefined) this.closer.close(entry, reason);
    else core.entries.move(entry, core.queue.size > 0 ? 'idle' : 'idle-cold');
    core.wakeAt(restDue(core, entry));
    core.dispatch();
  }

  private failed(entry: PoolEntry<T>, error: unknown, sweeping: boolean): void {
    entry.step = undefined;
    if (error instanceof StepTimeoutError) this.core.observer.timedOut('validate');
    this.closer.close(entry, error instanceof PoolClosingError ? 'shutdown' : 'broken');
    if (!sweeping) this.suspectAll();
    this.core.dispatch();
  }
}
