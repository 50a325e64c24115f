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
import { Waiter } from './waiter.js';

export class Admission<T extends object> {
  constructor(private readonly core: PoolCore<T>) {}

  enter(options: AcquireOptions): Promise<Lease<T>> {
    const { core } = this;
    const since = core.clock.now();
    const refusal = this.refusal(options, since);
    if (refusal !== undefined) return Promise.reject(refusal);
    const waiter = new Waiter<T>(options, since);
    const patience = Math.min(options.deadline - since, core.options.acquireTimeoutMs);
    const timer = core.clock.setTimer(patience, () => this.expire(waiter));
    waiter.watch(timer, () => this.leave(waiter, this.aborted(options)));
    core.queue.add(waiter);
    core.dispatch();
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

  private expire(waiter: Waiter<T>): void {
    if (waiter.queued) this.leave(waiter, this.timedOut(waiter.since));
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
