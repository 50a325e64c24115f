// Opens entries: as many as waiters lack or `min` asks for, never above the ceiling, a few at a time, with backoff after failures.
// An entry is opened for the pool, not for a waiter: whoever is first when it is ready gets it.
import type { ConnectAttempts } from './connect-attempts.js';
import type { ConnectBackoff } from './connect-backoff.js';
import type { ConnectFailures } from './connect-failures.js';
import { ConnectHedge } from './connect-hedge.js';
import { ConnectRenewal } from './connect-renewal.js';
import type { EntryCloser } from './entry-closer.js';
import { proven, unfit } from './entry-fitness.js';
import type { EntryLosses } from './entry-losses.js';
import { placeOf, unservedPlace } from './entry-places.js';
import { PoolClosingError } from './errors/pool-closing.error.js';
import { StepTimeoutError } from './errors/step-timeout.error.js';
import type { PoolCore } from './pool-core.js';
import { PoolEntry } from './pool-entry.js';
import { StepBudget } from './step-budget.js';

export class EntryOpener<T extends object> {
  readonly #hedge: ConnectHedge<T>;
  readonly #renewal: ConnectRenewal<T>;

  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
    private readonly losses: EntryLosses<T>,
    private readonly failures: ConnectFailures<T>,
    private readonly backoff: ConnectBackoff,
    private readonly attempts: ConnectAttempts<T>,
  ) {
    this.#hedge = new ConnectHedge(core.clock, core.options.hedgeAfterMs, () => core.dispatch());
    this.#renewal = new ConnectRenewal(core, attempts);
  }

  /** Starts what is lacking and allowed. */
  open(): void {
    this.failures.refuseHopeless();
    if (this.failures.urgent) this.backoff.hurry();
    while (this.lacking(this.core.entries.pending) && this.allowed()) this.start(false);
    // Asking twice a far side that refuses us would be two logins in one window.
    const waiting = this.core.queue.size > 0 && !this.core.circuit.refuted;
    this.hedge(waiting);
    this.renew(waiting);
    this.attempts.arm(this.core.queue.size > 0);
  }

  stop(): void {
    this.#hedge.stop();
    this.#renewal.stop();
    this.attempts.stop();
  }

  /** A second attempt beside each that is overdue. The slow one keeps its place in the pool and comes when it comes. */
  private hedge(waiting: boolean): void {
    const { entries, connectLimit } = this.core;
    for (let slow = waiting ? this.#hedge.due() : undefined; slow !== undefined; slow = this.#hedge.due()) {
      // Slow ones may hang for a whole timeout: they must not fill the pool, nor be more than those that are counted on.
      if (entries.overdue >= Math.min(connectLimit, entries.pending)) break;
      if (!this.lacking(entries.pending - 1) || !this.mayOpen()) break;
      this.giveUpOn(slow);
      this.start(true);
    }
    this.#hedge.arm(waiting);
  }

  /** The place of the one that is given up is free when its work has ended; then a fresh one is made. */
  private renew(waiting: boolean): void {
    const { clock, entries, state } = this.core;
    const asking = waiting && state !== 'paused' && !this.backoff.holding;
    if (asking && this.attempts.hanging) this.discount();
    const may = asking && this.lacking(entries.pending - 1);
    const stuck = may ? this.#renewal.take() : undefined;
    if (stuck !== undefined) {
      this.attempts.ended(stuck);
      if (stuck.overdue) this.standIn();
      stuck.step?.fail(new StepTimeoutError('connect', clock.now() - stuck.bornAt, 'given up for a fresh one'));
    }
    this.#renewal.arm(may);
  }

  /** Where fewer wait than connects hang, those that do are not counted on, or no fresh one would be lacking. */
  private discount(): void {
    const { clock, entries, connectLimit, options } = this.core;
    const now = clock.now();
    for (const entry of this.attempts.all) {
      if (entries.overdue >= connectLimit || this.lacking(entries.pending - 1)) return;
      if (!entry.overdue && now - entry.bornAt >= options.hedgeAfterMs) this.giveUpOn(entry);
    }
  }

  /** One that had another beside it goes: its share of the slow ones is the other's now. */
  private standIn(): void {
    const next = this.attempts.all.find(({ overdue }) => !overdue);
    if (next !== undefined) this.giveUpOn(next);
  }

  private giveUpOn(entry: PoolEntry<T>): void {
    this.#hedge.done(entry);
    this.core.entries.giveUpOn(entry);
  }

  private lacking(pending: number): boolean {
    const { entries, queue, state, min, atLeast, hoping } = this.core;
    // Who hopes for a place is not helped by one that comes back to another.
    const unserved = Math.max(queue.size - pending - entries.returning, hoping - pending);
    return unserved > 0 || (state === 'running' && entries.alive < Math.max(min, atLeast));
  }

  private allowed(): boolean {
    const { entries, circuit, connectLimit } = this.core;
    const asking = circuit.refuted ? entries.counts.connecting : entries.pending;
    return asking < connectLimit && this.mayOpen();
  }

  private mayOpen(): boolean {
    const { entries, ceiling, circuit, state } = this.core;
    if (state === 'paused' || state === 'closed' || this.backoff.holding || circuit.open) return false;
    return entries.total < ceiling;
  }

  private start(asHedge: boolean): void {
    const { core } = this;
    const { maxLifetimeMs, lifetimeJitter, connectTimeoutMs } = core.options;
    const bornAt = core.clock.now();
    const life = maxLifetimeMs === 0 ? Infinity : maxLifetimeMs * (1 - lifetimeJitter * core.random());
    const place = unservedPlace(core);
    const entry = new PoolEntry<T>({ place, bornAt, generation: core.generation, retireAt: bornAt + life });
    core.entries.add(entry);
    if (!asHedge) this.#hedge.began(entry);
    this.attempts.began(entry);
    this.#renewal.began();
    const budget = new StepBudget(core.clock, 'connect', connectTimeoutMs);
    entry.step = budget;
    const lost = (reason: Error): void => this.losses.lost(entry, reason);
    const work = async (): Promise<T> => core.manager.create({ ...budget.context, place, lost });
    const create = work();
    void budget.race(create).then(
      (resource) => this.ready(entry, resource),
      (error: unknown) => this.failed(entry, error, create),
    );
  }

  private ready(entry: PoolEntry<T>, resource: T): void {
    const { core } = this;
    const now = core.clock.now();
    entry.step = undefined;
    entry.resource = resource;
    entry.place = placeOf(core, resource) ?? entry.place;
    entry.lastUsedAt = now;
    proven(core, entry, now);
    core.lastConnectError = undefined;
    this.#hedge.done(entry);
    this.attempts.came(entry, now);
    this.#renewal.came();
    this.backoff.succeeded();
    core.circuit.succeeded();
    core.room.succeeded(core.entries.total - core.entries.counts.connecting + 1);
    core.observer.created(now - entry.bornAt);
    if (entry.lost !== undefined) {
      core.lastConnectError = entry.lost;
      this.backoff.relapsed(this.failures.urgent);
    }
    const reason = unfit(core, entry, now);
    if (reason !== undefined) this.closer.close(entry, reason);
    else core.entries.move(entry, 'idle');
    core.review();
    core.dispatch();
  }

  private failed(entry: PoolEntry<T>, error: unknown, create: Promise<T>): void {
    const { core } = this;
    const stillRuns = entry.step?.cut === true;
    entry.step = undefined;
    if (stillRuns) this.closer.linger(entry, create);
    else core.entries.move(entry, 'closed');
    this.#hedge.done(entry);
    const renewed = !this.attempts.ended(entry);
    if (!renewed) this.#renewal.failed();
    if (!(error instanceof PoolClosingError)) this.failures.count(error, renewed);
    core.dispatch();
  }
}
