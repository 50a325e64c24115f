// The pool put together: its parts, the one dispatch that they ring, and the public methods, each handed to the part that knows.
import type { AcquireOptions } from './acquire-options.js';
import { Admission } from './admission.js';
import { ConnectAttempts } from './connect-attempts.js';
import { ConnectBackoff } from './connect-backoff.js';
import { ConnectFailures } from './connect-failures.js';
import { EntryCloser } from './entry-closer.js';
import { EntryLender } from './entry-lender.js';
import { EntryLosses } from './entry-losses.js';
import { EntryOpener } from './entry-opener.js';
import { EntryReplacer } from './entry-replacer.js';
import { EntryProver } from './entry-prover.js';
import { EntryReturner } from './entry-returner.js';
import type { AcquireTimeoutError } from './errors/acquire-timeout.error.js';
import { PoolOptionsError } from './errors/pool-options.error.js';
import { Housekeeper } from './housekeeper.js';
import { LeakDetector } from './leak-detector.js';
import type { Lease } from './lease.js';
import type { Pool, PoolLimits } from './pool.js';
import { PoolCore, type PoolPorts } from './pool-core.js';
import { limitProblems } from './pool-options.js';
import { acquireTimeout, entriesOf, holdersOf, statsOf, waitedFor } from './pool-report.js';
import type { PoolState } from './pool-state.js';
import type { EntryInfo, HolderInfo, PoolStats } from './pool-stats.js';
import { Shutdown } from './shutdown.js';
import { StandingRecall } from './standing-recall.js';
import { WarmUp } from './warm-up.js';

export class ResourcePool<T extends object> implements Pool<T> {
  readonly #core: PoolCore<T>;
  readonly #closer: EntryCloser<T>;
  readonly #lender: EntryLender<T>;
  readonly #opener: EntryOpener<T>;
  readonly #recall: StandingRecall<T>;
  readonly #replacer: EntryReplacer<T>;
  readonly #admission: Admission<T>;
  readonly #warmUp: WarmUp<T>;
  readonly #shutdown: Shutdown<T>;
  #dispatching = false;
  #again = false;

  constructor(ports: PoolPorts<T>) {
    const core = (this.#core = new PoolCore(ports));
    const backoff = new ConnectBackoff(core.clock, core.random, () => core.dispatch());
    const attempts = new ConnectAttempts(core);
    this.#closer = new EntryCloser(core);
    const prover = new EntryProver(core, this.#closer);
    this.#recall = new StandingRecall(core, backoff, attempts);
    const losses = new EntryLosses(core, this.#closer, prover, backoff, this.#recall);
    const returner = new EntryReturner(core, this.#closer, prover);
    this.#warmUp = new WarmUp(core);
    const failures = new ConnectFailures(core, backoff, this.#warmUp, this.#recall);
    this.#replacer = new EntryReplacer(core, this.#closer, this.#recall, this.#warmUp);
    this.#opener = new EntryOpener(core, this.#closer, losses, failures, backoff, attempts);
    this.#lender = new EntryLender(core, prover, returner, backoff, attempts);
    this.#admission = new Admission(core);
    const housekeeper = new Housekeeper(core, this.#closer, prover, this.#recall, new LeakDetector(core));
    const stopTimers = (): void => {
      housekeeper.stop();
      backoff.stop();
      core.circuit.stop();
      core.room.stop();
      this.#opener.stop();
    };
    this.#shutdown = new Shutdown(core, this.#closer, returner, this.#warmUp, stopTimers);
    core.wakeAt = (at) => housekeeper.wakeAt(at);
    core.review = () => housekeeper.review();
    core.dispatch = () => this.dispatch();
    queueMicrotask(() => this.dispatch());
  }

  get name(): string {
    return this.#core.options.name;
  }

  get state(): PoolState {
    return this.#core.state;
  }

  tryAcquire(options: AcquireOptions): Lease<T> | undefined {
    return this.#lender.tryLend(options);
  }

  acquire(options: AcquireOptions): Promise<Lease<T>> {
    const lease = this.#lender.tryLend(options);
    return lease === undefined ? this.#admission.enter(options) : Promise.resolve(lease);
  }

  async use<R>(fn: (resource: T) => R | Promise<R>, options: AcquireOptions): Promise<R> {
    const lease = this.#lender.tryLend(options) ?? (await this.#admission.enter(options));
    try {
      return await fn(lease.resource);
    } finally {
      await lease.release();
    }
  }

  fill(deadline: number): Promise<void> {
    return this.#warmUp.until(deadline);
  }

  resize(limits: PoolLimits): void {
    const core = this.#core;
    const max = limits.max ?? core.max;
    const min = limits.min ?? core.min;
    const problems = limitProblems(min, max);
    if (problems.length > 0) throw new PoolOptionsError(core.options.name, problems);
    core.min = min;
    core.max = max;
    core.observer.resized(min, max);
    for (const entry of core.entries.idle.coldestFirst())
      if (core.entries.alive > max) this.#closer.close(entry, 'evicted');
    core.review();
    core.dispatch();
  }

  pause(): void {
    if (this.#core.state !== 'running') return;
    this.#core.become('paused');
    this.#recall.recallWhere(() => true);
  }

  resume(): void {
    if (this.#core.state !== 'paused') return;
    this.#core.become('running');
    this.#core.dispatch();
  }

  recycle(where?: (resource: T) => boolean): void {
    // Those that are being opened as well: of them nobody can say where they will be.
    if (where === undefined) this.#core.generation++;
    this.#replacer.outdate(where ?? (() => true));
  }

  replace(where: (resource: T) => boolean): Promise<T | undefined> {
    return this.#replacer.replace(where);
  }

  evictIdle(where: (resource: T) => boolean = () => true): number {
    const evicted = this.#core.entries.idle.coldestFirst().filter((entry) => where(entry.resource));
    for (const entry of evicted) this.#closer.close(entry, 'evicted');
    this.#core.dispatch();
    return evicted.length;
  }

  drain(deadline: number): Promise<void> {
    return this.#shutdown.drain(deadline);
  }

  close(deadline: number): Promise<void> {
    return this.#shutdown.close(deadline);
  }

  acquireTimeout(since: number): AcquireTimeoutError {
    const step = waitedFor(this.#core);
    this.#core.observer.timedOut(step);
    return acquireTimeout(this.#core, since, step);
  }

  stats(): PoolStats {
    return statsOf(this.#core);
  }

  holders(limit?: number): readonly HolderInfo[] {
    return holdersOf(this.#core, limit);
  }

  entries(): readonly EntryInfo<T>[] {
    return entriesOf(this.#core);
  }

  /** Not re-entrant: what is rung meanwhile is seen to in another round, so that no part finds the entries half-moved. */
  private dispatch(): void {
    this.#again = true;
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      while (this.#again) {
        this.#again = false;
        this.#lender.serve();
        this.#opener.open();
      }
    } finally {
      this.#dispatching = false;
    }
    this.#recall.recall();
    this.#warmUp.check();
    this.#shutdown.advance();
    this.#admission.rest();
  }
}
