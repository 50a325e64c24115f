// Opens entries: as many as waiters lack or `min` asks for, never above `max`, a few at a time, with backoff after failures.
// An entry is opened for the pool, not for a waiter: whoever is first when it is ready gets it.
import { ConnectBackoff } from './connect-backoff.js';
import type { EntryCloser } from './entry-closer.js';
import { proven, unfit } from './entry-fitness.js';
import type { EntryLosses } from './entry-losses.js';
import { placeOf, unservedPlace } from './entry-places.js';
import { PoolClosingError } from './errors/pool-closing.error.js';
import type { PoolCore } from './pool-core.js';
import { PoolEntry } from './pool-entry.js';
import { StepBudget } from './step-budget.js';
import type { WarmUp } from './warm-up.js';

export class EntryOpener<T extends object> {
  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
    private readonly losses: EntryLosses<T>,
    private readonly warmUp: WarmUp<T>,
    private readonly backoff: ConnectBackoff,
  ) {}

  /** Starts what is lacking and allowed. */
  open(): void {
    if (this.urgent()) this.backoff.hurry();
    while (!this.backoff.holding && this.lacking() && this.allowed()) this.start();
  }

  private lacking(): boolean {
    const { entries, queue, state, min, atLeast, hoping } = this.core;
    const { connecting } = entries.counts;
    // Who hopes for a place is not helped by one that comes back to another.
    const unserved = Math.max(queue.size - connecting - entries.returning, hoping - connecting);
    return unserved > 0 || (state === 'running' && entries.alive < Math.max(min, atLeast));
  }

  private allowed(): boolean {
    const { entries, max, state, options } = this.core;
    if (state === 'paused' || state === 'closed') return false;
    return entries.total < max && entries.counts.connecting < options.connectConcurrency;
  }

  private start(): void {
    const { core } = this;
    const { maxLifetimeMs, lifetimeJitter, connectTimeoutMs } = core.options;
    const bornAt = core.clock.now();
    const life = maxLifetimeMs === 0 ? Infinity : maxLifetimeMs * (1 - lifetimeJitter * core.random());
    const place = unservedPlace(core);
    const entry = new PoolEntry<T>({ place, bornAt, generation: core.generation, retireAt: bornAt + life });
    core.entries.add(entry);
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
    this.backoff.succeeded();
    core.observer.created(now - entry.bornAt);
    if (entry.lost !== undefined) {
      core.lastConnectError = entry.lost;
      this.backoff.relapsed(this.urgent());
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
    if (!(error instanceof PoolClosingError)) this.count(error);
    core.dispatch();
  }

  private count(error: unknown): void {
    const { core } = this;
    core.lastConnectError = error;
    this.backoff.failed(this.urgent());
    core.observer.createFailed(error, this.backoff.attempts);
    if (!this.isFatal(error)) return;
    core.queue.refuseAll(() => error);
    this.warmUp.refuseAll(() => error);
  }

  private isFatal(error: unknown): boolean {
    try {
      return this.core.manager.isFatal?.(error) === true;
    } catch {
      return false;
    }
  }

  private urgent(): boolean {
    return this.core.queue.size > 0 || this.warmUp.waiting;
  }
}
