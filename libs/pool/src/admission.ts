// The door: lets a borrower into the queue or refuses at once, and takes out those whose time or patience is over.
// Leaving the queue leaves no trace; above all it cancels no connect.
import type { AcquireOptions } from './acquire-options.js';
import { AcquireAbortedError } from './errors/acquire-aborted.error.js';
import { PoolClosedError } from './errors/pool-closed.error.js';
import { PoolClosingError } from './errors/pool-closing.error.js';
import { QueueFullError } from './errors/queue-full.error.js';
import { servable } from './entry-fitness.js';
import type { Lease } from './lease.js';
import type { PoolCore } from './pool-core.js';
import { acquireTimeout, statsOf, waitedFor } from './pool-report.js';
import { WaitTimer } from './wait-timer.js';
import { Waiter } from './waiter.js';

export class Admission<T extends object> {
  readonly #timer: WaitTimer;

  constructor(private readonly core: PoolCore<T>) {
    this.#timer = new WaitTimer(core.clock, (now) => this.expire(now));
  }

  enter(options: AcquireOptions): Promise<Lease<T>> {
    const { core } = this;
    const since = core.clock.now();
    const refusal = this.refusal(options, since);
    if (refusal !== undefined) return Promise.reject(refusal);
    const waiter = new Waiter<T>(options, since, Math.min(options.deadline, since + core.options.acquireTimeoutMs));
    if (options.signal) waiter.watch(options.signal, () => this.leave(waiter, this.aborted(options)));
    core.queue.add(waiter);
    core.dispatch();
    if (waiter.queued) this.#timer.by(waiter.deadline);
    return waiter.promise;
  }

  private refusal(options: AcquireOptions, now: number): Error | undefined {
    const { core } = this;
    const { name, maxQueue } = core.options;
    if (core.state === 'closed') return new PoolClosedError(name);
    if (core.state === 'draining') return new PoolClosingError(name);
    if (options.signal?.aborted === true) return this.aborted(options);
    if (core.circuit.open && !servable(core)) return core.circuit.refusal(name);
    // Those whom the pool can serve without any lease coming back do not count as a queue: `max` first callers of an empty
    // pool wait for connects, not for each other.
    const atOnce = Math.max(0, core.max - core.entries.counts.leased);
    if (core.queue.size >= maxQueue + atOnce) return new QueueFullError(name, maxQueue, statsOf(core));
    if (options.deadline <= now) return this.timedOut(now);
    return undefined;
  }

  /** After every dispatch. */
  rest(): void {
    if (this.core.queue.size === 0) this.#timer.stop();
  }

  private expire(now: number): number {
    let due: Waiter<T>[] | undefined;
    for (let waiter = this.core.queue.first; waiter !== undefined; waiter = waiter.next)
      if (waiter.deadline <= now) (due ??= []).push(waiter);
    // One that leaves may let another be served.
    for (const waiter of due ?? []) if (waiter.queued) this.leave(waiter, this.timedOut(waiter.since));
    let next = Infinity;
    for (let waiter = this.core.queue.first; waiter !== undefined; waiter = waiter.next)
      if (waiter.deadline < next) next = waiter.deadline;
    return next;
  }

  private timedOut(since: number): Error {
    const step = waitedFor(this.core);
    this.core.observer.timedOut(step);
    return acquireTimeout(this.core, since, step);
  }

  private aborted(options: AcquireOptions): Error {
    return new AcquireAbortedError(this.core.options.name, options.signal?.reason);
  }

  private leave(waiter: Waiter<T>, error: Error): void {
    if (!this.core.queue.remove(waiter)) return;
    waiter.refuse(error);
    this.core.dispatch();
  }
}
