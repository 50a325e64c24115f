// Brings waiters and idle entries together, first come first served, and asks standing leases back when it cannot.
// Whoever changes what could be lent rings core.dispatch, and this is what answers.
import type { AcquireOptions } from './acquire-options.js';
import { fresh } from './entry-fitness.js';
import type { EntryProver } from './entry-prover.js';
import type { EntryReturner } from './entry-returner.js';
import type { Lease } from './lease.js';
import { Loan } from './loan.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import { PoolLease } from './pool-lease.js';

export class EntryLender<T extends object> {
  constructor(
    private readonly core: PoolCore<T>,
    private readonly prover: EntryProver<T>,
    private readonly returner: EntryReturner<T>,
  ) {}

  /** The way without a promise: only past an empty queue, only an entry that needs no proof. */
  tryLend(options: AcquireOptions): Lease<T> | undefined {
    const { core } = this;
    if (core.state !== 'running' || core.queue.size > 0 || options.signal?.aborted === true) return undefined;
    if (core.entries.idle.size === 0) return undefined;
    const now = core.clock.now();
    const entry = this.choose(options, now);
    return entry === undefined ? undefined : this.lend(entry, options, now, 0);
  }

  /** Serves as many waiters as there are fresh idle entries; starts proofs for the rest. */
  serve(): void {
    const { core } = this;
    if (core.state === 'paused') return;
    const now = core.clock.now();
    for (let waiter = core.queue.first; waiter !== undefined; waiter = core.queue.first) {
      const entry = this.choose(waiter.options, now);
      if (entry === undefined) break;
      core.queue.remove(waiter);
      waiter.grant(this.lend(entry, waiter.options, now, now - waiter.since));
    }
    while (core.entries.idle.top !== undefined && core.queue.size > core.entries.returning)
      this.prover.prove(core.entries.idle.top);
  }

  private choose(options: AcquireOptions, now: number): PoolEntry<T> | undefined {
    const { core } = this;
    const { idle } = core.entries;
    const { place, prefer } = options;
    if (place !== undefined || prefer !== undefined) {
      const suits = (entry: PoolEntry<T>): boolean =>
        fresh(core, entry, now) &&
        (place === undefined || entry.place === place) &&
        (prefer === undefined || preferred(prefer, entry.resource));
      const wished = idle.find(suits);
      if (wished !== undefined) return wished;
    }
    const top = idle.top;
    if (top === undefined || fresh(core, top, now)) return top;
    return idle.find((entry) => fresh(core, entry, now));
  }

  private lend(entry: PoolEntry<T>, options: AcquireOptions, now: number, waitedMs: number): Lease<T> {
    const { core } = this;
    const loan = new Loan(options, now, waitedMs);
    core.entries.move(entry, 'leased');
    core.entries.beginLoan(entry, loan);
    if (!loan.standing) core.wakeAt(now + core.leakMs);
    else core.wakeAt(entry.retireAt);
    core.observer.acquired(waitedMs, options.lane);
    return new PoolLease(entry, loan, this.returner);
  }
}

/** A wish that throws is no wish. */
function preferred(prefer: (resource: object) => boolean, resource: object): boolean {
  try {
    return prefer(resource);
  } catch {
    return false;
  }
}
