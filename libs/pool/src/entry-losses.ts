// What happens when a resource reports its own death: idle ones leave at once, lent ones when they come back, and a running
// duty of the manager ends now instead of at its timeout.
import type { ConnectBackoff } from './connect-backoff.js';
import type { EntryCloser } from './entry-closer.js';
import type { EntryProver } from './entry-prover.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import type { StandingRecall } from './standing-recall.js';
import { tellHolder } from './tell-holder.js';

export class EntryLosses<T extends object> {
  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
    private readonly prover: EntryProver<T>,
    private readonly backoff: ConnectBackoff,
    private readonly recall: StandingRecall<T>,
  ) {}

  /** Safe to call at any time and again: only the first call for a living entry counts. */
  lost(entry: PoolEntry<T>, reason: Error): void {
    const { core } = this;
    if (entry.lost !== undefined || entry.state === 'closing' || entry.state === 'closed') return;
    entry.lost = reason;
    if (entry.state === 'connecting') return entry.step?.fail(reason);
    if (entry.uses === 0) {
      core.lastConnectError = reason;
      this.backoff.relapsed(core.queue.size > 0);
    }
    // Its holder would find out with the next one's work.
    this.recall.recallWhere((each) => each === entry);
    const { loan } = entry;
    const { onLost } = loan?.options ?? {};
    if (loan !== undefined && onLost !== undefined) tellHolder(core, loan, () => onLost(reason));
    if (entry.state === 'idle') this.closer.close(entry, 'broken');
    else entry.step?.fail(reason);
    this.prover.suspectAll();
    core.dispatch();
  }
}
