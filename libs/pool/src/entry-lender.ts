// Brings waiters and idle entries together, first come first served, and asks standing leases back when it cannot.
// Whoever changes what could be lent rings core.dispatch, and this is what answers.
import type { AcquireOptions } from './acquire-options.js';
import type { ConnectAttempts } from './connect-attempts.js';
import type { ConnectBackoff } from './connect-backoff.js';
import { fresh } from './entry-fitness.js';
import { coming } from './entry-places.js';
import type { EntryProver } from './entry-prover.js';
import type { EntryReturner } from './entry-returner.js';
import type { Lease } from './lease.js';
import { Loan } from './loan.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';
import { PoolLease } from './pool-lease.js';
import type { Waiter } from './waiter.js';

export class EntryLender<T extends object> {
  constructor(
    private readonly core: PoolCore<T>,
    private readonly prover: EntryProver<T>,
    private readonly returner: EntryReturner<T>,
    private readonly backoff: ConnectBackoff,
    private readonly attempts: ConnectAttempts<T>,
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
    core.hoping = 0;
    if (core.state === 'paused' || core.queue.size === 0) return;
    // Nothing to give, and nothing on its way back that could be of the wrong place: wishes make no difference.
    if (core.entries.idle.size === 0 && core.entries.returning === 0) return;
    const now = core.clock.now();
    let hopes: Hopes<T> | undefined;
    let next: Waiter<T> | undefined;
    for (let waiter = core.queue.first; waiter !== undefined; waiter = next) {
      next = waiter.next;
      const { options } = waiter;
      let entry = this.wished(options, now);
      if (entry === undefined && options.place !== undefined) {
        hopes ??= new Hopes(core, this.backoff, this.attempts);
        if (hopes.has(options.place)) continue;
      }
      entry ??= this.any(now);
      if (entry === undefined) break;
      core.queue.remove(waiter);
      waiter.grant(this.lend(entry, options, now, now - waiter.since));
    }
    core.hoping = hopes?.granted ?? 0;
    while (core.entries.idle.top !== undefined && core.queue.size - core.hoping > core.entries.returning)
      this.prover.prove(core.entries.idle.top);
  }

  private choose(options: AcquireOptions, now: number): PoolEntry<T> | undefined {
    const wished = this.wished(options, now);
    if (wished !== undefined) return wished;
    const hoping = options.place !== undefined && new Hopes(this.core, this.backoff, this.attempts).has(options.place);
    return hoping ? undefined : this.any(now);
  }

  private wished({ place, prefer }: AcquireOptions, now: number): PoolEntry<T> | undefined {
    const { core } = this;
    if (place === undefined && prefer === undefined) return undefined;
    const { idle } = core.entries;
    const { top } = idle;
    // Mostly it is the first that is looked at: a search would cost a closure.
    if (prefer === undefined && top !== undefined && top.place === place && fresh(core, top, now)) return top;
    return idle.find(
      (entry) =>
        fresh(core, entry, now) &&
        (place === undefined || entry.place === place) &&
        (prefer === undefined || preferred(prefer, entry.resource)),
    );
  }

  private any(now: number): PoolEntry<T> | undefined {
    const { core } = this;
    const { idle } = core.entries;
    const { top } = idle;
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
    const lease = new PoolLease(entry, loan, this.returner);
    this.returner.handles.watch(lease, entry, loan);
    return lease;
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

/** Entries of a place that are being opened or may be: what those may hope for whose wish no idle entry meets. */
class Hopes<T extends object> {
  /** How many were told to wait for one. */
  granted = 0;
  #coming: Map<string | undefined, number> | undefined;
  #openable = 0;

  constructor(
    private readonly core: PoolCore<T>,
    private readonly backoff: ConnectBackoff,
    private readonly attempts: ConnectAttempts<T>,
  ) {}

  has(place: string | undefined): boolean {
    const { entries, ceiling, connectLimit, circuit, state } = this.core;
    if (place === undefined || state !== 'running') return false;
    // While connects fail or hang nobody hopes: any idle entry is better.
    if (this.backoff.holding || circuit.open || this.attempts.hanging) return false;
    if (this.#coming === undefined) {
      this.#coming = coming(this.core);
      this.#openable = Math.min(ceiling - entries.total, connectLimit - entries.pending);
    }
    const own = this.#coming.get(place) ?? 0;
    if (own > 0) this.#coming.set(place, own - 1);
    else if (this.#openable > 0) this.#openable--;
    else return false;
    this.granted++;
    return true;
  }
}
