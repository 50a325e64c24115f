// Connections that are held for longer than one statement: explicit leases, transactions, locks. Taken here and given back
// here, on every path, with the stack of whoever asked, and known to the guard against deadlocks.
import type { Lease } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { QueryOptions } from '../query/query-options.js';
import type { ExecutorReports } from '../observe/executor-reports.js';
import { within } from '../scope/call-scope.js';
import { lockOn, unlock, type HeldLock, type LockOptions } from './advisory-lock.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import { HeldConnection } from './held-connection.js';
import type { LeaseTaker } from './lease-taker.js';
import { PooledLease, type DatabaseLease } from './pooled-lease.js';
import { RequestedLease } from './requested-lease.js';
import { TransactionWatch } from './transaction-watch.js';
import type { Door } from './waiting-room.js';

export interface HolderOptions {
  readonly door: Door;
  readonly taker: LeaseTaker;
  /** Where connections stand that nobody has placed. */
  readonly place: string | undefined;
  readonly reports: ExecutorReports | undefined;
}

interface Taken {
  readonly budget: Budget;
  readonly held: HeldConnection;
  /** Where it was asked for. */
  readonly stack: Error;
}

export class Holder {
  readonly watch: TransactionWatch;
  readonly #context: CallContext;
  readonly #options: HolderOptions;

  constructor(options: HolderOptions) {
    const { context } = options.door;
    this.#context = context;
    this.#options = options;
    this.watch = new TransactionWatch(context.deadlines, (...told) => options.reports?.longTransaction(...told));
  }

  /** Inside a request it ends with the request at the latest. */
  async acquire(options: QueryOptions): Promise<DatabaseLease> {
    const { budget, held, stack } = await this.#take('lease', this.#context.budget(options));
    const forgotten = (): void => this.#options.reports?.forgottenLease(stack.stack);
    return new RequestedLease(held, this.#context, budget.scope?.request, forgotten);
  }

  async using<R>(fn: (lease: DatabaseLease) => Promise<R>, options: QueryOptions): Promise<R> {
    const taken = await this.#take('lease', this.#context.budget(options));
    const lease = new PooledLease(taken.held, this.#context);
    return this.#holding(
      taken,
      () => fn(lease),
      () => lease.release(),
    );
  }

  /** @throws DB_LOCK_TIMEOUT */
  async withLock<R>(key: string, fn: (lock: HeldLock) => Promise<R>, options: LockOptions): Promise<R> {
    const context = this.#context;
    const lost = new AbortController();
    const taken = await this.#take('lease', context.budget(options), (reason) => lost.abort(reason));
    const { held } = taken;
    return this.#holding(taken, async () => {
      await lockOn(context, held, key, options);
      try {
        return await fn({ signal: lost.signal });
      } finally {
        await unlock(context, held, key, options.shared);
      }
    });
  }

  transaction<R>(budget: Budget, act: (held: HeldConnection) => Promise<R>): Promise<R> {
    const taken = this.#take('transaction', budget);
    // A connection that is there costs no promise: transactions are many.
    return taken instanceof Promise ? taken.then((late) => this.#watched(late, act)) : this.#watched(taken, act);
  }

  #watched<R>(taken: Taken, act: (held: HeldConnection) => Promise<R>): Promise<R> {
    const { held, budget, stack } = taken;
    const ended = this.watch.begin(budget, stack);
    return this.#holding(
      taken,
      () => act(held),
      () => {
        ended();
        return held.release();
      },
    );
  }

  /** @param onLost makes it a lease that is kept for good: no leak, and told when its connection is lost */
  #take(kind: 'lease' | 'transaction', budget: Budget, onLost?: (reason: Error) => void): Taken | Promise<Taken> {
    const context = this.#context;
    const { taker, place } = this.#options;
    // Explicit leases and transactions pay for a stack: they are what leak reports are about.
    const wish = { place, stack: new Error('acquired here'), onLost };
    context.trace.request(budget, kind);
    const lease = taker.tryTake(budget, wish);
    return lease === undefined
      ? taker.take(budget, wish).then((late) => this.#taken(budget, late, wish.stack))
      : this.#taken(budget, lease, wish.stack);
  }

  #taken(budget: Budget, lease: Lease<Connection>, stack: Error): Taken {
    const context = this.#context;
    context.trace.provide(budget, lease.resource);
    const held = new HeldConnection(context, lease, () => this.#options.reports?.dirtyRelease(stack.stack), budget);
    return { budget, held, stack };
  }

  /** After an error it is not waited for: a statement past its deadline may take a while to end. */
  async #holding<R>(
    { stack, budget, held }: Taken,
    act: () => Promise<R>,
    release: () => Promise<void> = () => held.release(),
  ): Promise<R> {
    const { guard } = this.#options.door;
    const hold = guard.hold(stack, budget.scope?.hold);
    try {
      const result = await within({ hold }, act);
      guard.released(hold);
      await release();
      return result;
    } catch (error) {
      guard.released(hold);
      void release();
      throw error;
    }
  }
}
