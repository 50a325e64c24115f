// Calls that wait in front of the pool, first come first served: for a place on a pipeline, or for their share of slow
// work. Bounded together with those who wait in the pool itself (MaxQueue), each on its own deadline.
import { QueueFullError, type Pool } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import { DeadlockGuard } from './deadlock-guard.js';
import { acquireError } from './pool-errors.js';
import type { AnyCall, CallHome } from './statement-call.js';

/** What all waiting rooms of a database share. */
export class Door {
  /** Calls in all rooms. */
  waiting = 0;
  readonly guard: DeadlockGuard;

  constructor(
    readonly pool: Pool<Connection>,
    readonly context: CallContext,
    readonly maxQueue: number,
  ) {
    this.guard = new DeadlockGuard(pool, context);
  }

  /** @throws DB_QUEUE_FULL for one on the way to the pool, whose own queue does not know of those in front of it */
  check(budget: Budget): void {
    if (this.waiting === 0) return;
    const stats = this.pool.stats();
    if (this.waiting + stats.waiting < this.maxQueue + Math.max(0, stats.max - stats.leased)) return;
    throw this.explain(new QueueFullError(this.pool.name, this.maxQueue, stats), budget, false);
  }

  /** @param servable those who wait for a connect and not for each other do not count, if there is a connect */
  refusal(call: AnyCall, servable: number): DatabaseError | undefined {
    const stats = this.pool.stats();
    const growing = stats.total < stats.ceiling || stats.connecting > 0;
    if (this.waiting + stats.waiting < this.maxQueue + (growing ? servable : 0)) return undefined;
    return this.explain(new QueueFullError(this.pool.name, this.maxQueue, stats), call.budget, false);
  }

  explain(error: unknown, budget: Budget, ownDeadline: boolean): DatabaseError {
    const { database, target } = this.context;
    return acquireError(error, budget, { database, target, limit: 'AcquireTimeoutMs' }, ownDeadline);
  }
}

export class WaitingRoom implements CallHome {
  readonly shared = false;
  readonly readOnly = false;
  readonly freeSince = 0;
  readonly #calls = new Set<AnyCall>();

  constructor(
    private readonly door: Door,
    /** The last one has left without having been served. */
    private readonly onEmpty: () => void = () => {},
  ) {}

  get size(): number {
    return this.#calls.size;
  }

  /** Refuses it instead, if too many wait. @param servable see Door.refusal */
  enter(call: AnyCall, servable: number): void {
    const refusal = this.door.refusal(call, servable) ?? this.door.guard.enter(call.budget.scope?.hold);
    if (refusal) return call.refuse(refusal);
    const { clock, limits } = this.door.context;
    const now = clock.now();
    this.#calls.add(call);
    this.door.waiting++;
    call.watch(this, now, call.budget.startedAt + limits.acquireTimeoutMs);
  }

  /** Whose turn it is; out of the room. */
  next(): AnyCall | undefined {
    for (const call of this.#calls) {
      this.#remove(call);
      return call;
    }
    return undefined;
  }

  refuseAll(error: unknown): void {
    for (let call = this.next(); call; call = this.next()) call.refuse(this.door.explain(error, call.budget, false));
  }

  withdraw(call: AnyCall): DatabaseError {
    this.#remove(call);
    if (this.#calls.size === 0) this.onEmpty();
    const { budget } = call;
    if (budget.aborted) return budget.cancelled();
    const ownDeadline = budget.deadline <= budget.startedAt + this.door.context.limits.acquireTimeoutMs;
    return this.door.explain(this.door.pool.acquireTimeout(budget.startedAt), budget, ownDeadline);
  }

  recovers(): false {
    return false;
  }

  cancelling(): void {
    // Nothing was sent.
  }

  left(): void {
    // Nothing was sent.
  }

  #remove(call: AnyCall): void {
    if (!this.#calls.delete(call)) return;
    this.door.waiting--;
    this.door.guard.left(call.budget.scope?.hold);
  }
}
