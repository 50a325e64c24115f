// The way to the pool: asks for a lease on a call's time, and says in a caller's words why there is none.
import type { Lease } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { Budget } from './budget.js';
import { acquireError } from './pool-errors.js';
import type { Door } from './waiting-room.js';

export interface LeaseWish {
  /** `inline` or `worker`; undefined = anywhere. */
  readonly place?: string | undefined;
  readonly stack?: Error | undefined;
  /** A lease that is held for good: no leak, and told when its connection is lost. */
  readonly onLost?: ((reason: Error) => void) | undefined;
  /** Told when its connection is to be replaced; it is usable until it is given back. */
  readonly onOutdated?: (() => void) | undefined;
}

const ANY: LeaseWish = {};

export class LeaseTaker {
  constructor(private readonly door: Door) {}

  /** Not every connection is held: one more can be had without anybody's giving back his. */
  get room(): boolean {
    const { leased, standing, ceiling } = this.door.pool.stats();
    return leased - standing < ceiling;
  }

  /** One that is there now. */
  tryTake(budget: Budget, { place, stack, onLost, onOutdated }: LeaseWish = ANY): Lease<Connection> | undefined {
    const { pool, context } = this.door;
    const lease = pool.tryAcquire({ deadline: budget.deadline, place, stack, onLost, onOutdated });
    if (lease !== undefined) context.trace.took(budget, lease.resource);
    return lease;
  }

  /** Waits at most AcquireTimeoutMs. @throws DatabaseError */
  async take(budget: Budget, { place, stack, onLost, onOutdated }: LeaseWish = ANY): Promise<Lease<Connection>> {
    const { pool, context } = this.door;
    const { clock, database, target, limits } = context;
    this.door.check(budget);
    context.trace.asks(budget);
    const latest = clock.now() + limits.acquireTimeoutMs;
    const deadline = Math.min(budget.deadline, latest);
    const hold = budget.scope?.hold;
    const refusal = this.door.guard.enter(hold);
    if (refusal) throw refusal;
    const signals = joined(budget.signals);
    try {
      const lease = await pool.acquire({ deadline, signal: signals.signal, place, stack, onLost, onOutdated });
      context.trace.granted(budget, lease.resource, lease.waitedMs);
      return lease;
    } catch (error) {
      context.trace.refused(budget);
      const rules = { database, target, limit: 'AcquireTimeoutMs' };
      throw acquireError(error, budget, rules, budget.deadline <= latest);
    } finally {
      signals.part();
      this.door.guard.left(hold);
    }
  }
}

interface Joined {
  readonly signal: AbortSignal | undefined;
  part(): void;
}

/** AbortSignal.any would be remembered by a signal that lives long. */
function joined(signals: readonly AbortSignal[]): Joined {
  if (signals.length < 2) return { signal: signals[0], part: () => {} };
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  }
  const part = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, part };
}
