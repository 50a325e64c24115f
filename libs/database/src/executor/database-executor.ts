// One database's calls: a connection is taken from its pool, used, and given back, on every path, here and nowhere else.
import type { Lease, Pool, PoolStats } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { QueryOptions, TransactionOptions } from '../query/query-options.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import { HeldConnection } from './held-connection.js';
import { acquireError } from './pool-errors.js';
import { PooledLease, type DatabaseLease } from './pooled-lease.js';
import { PooledTransaction, type Transaction } from './pooled-transaction.js';
import { runStatement } from './statement-run.js';

export class DatabaseExecutor {
  readonly pool: Pool<Connection>;
  readonly context: CallContext;
  readonly #warn: (message: string) => void;

  constructor(pool: Pool<Connection>, context: CallContext, warn: (message: string) => void) {
    this.pool = pool;
    this.context = context;
    this.#warn = warn;
  }

  async run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>> {
    const { context } = this;
    const budget = context.budget(options);
    const rules = context.rules(options);
    const lease = this.#tryTake(budget) ?? (await this.#take(budget));
    const acquireMs = budget.elapsedMs;
    const { result, freed } = runStatement(lease.resource, statement, budget, rules, options.readOnly === true);
    void freed.then((usable) => (usable ? lease.release() : lease.discard('broken')));
    return context.result<T>(await context.answered(result), budget, acquireMs);
  }

  async acquire(options: QueryOptions): Promise<DatabaseLease> {
    return new PooledLease(await this.#hold(this.context.budget(options)), this.context);
  }

  async using<R>(fn: (lease: DatabaseLease) => Promise<R>, options: QueryOptions): Promise<R> {
    const lease = await this.acquire(options);
    return endingWith(
      () => lease.release(),
      () => fn(lease),
    );
  }

  async transaction<R>(fn: (tx: Transaction) => Promise<R>, options: TransactionOptions): Promise<R> {
    const { context } = this;
    const timeoutMs = options.timeoutMs ?? (context.limits.transactionTimeoutMs || Infinity);
    const budget = context.budget({ timeoutMs, signal: options.signal });
    const held = await this.#hold(budget);
    return endingWith(
      () => held.release(),
      () => PooledTransaction.run(held, context, budget, options, fn),
    );
  }

  /** A lease that is there now, for health: undefined when none is idle. Never opens a connection, never waits. */
  tryAcquire(): Lease<Connection> | undefined {
    return this.pool.tryAcquire({ deadline: Infinity, lane: 'health' });
  }

  stats(): PoolStats {
    return this.pool.stats();
  }

  async #hold(budget: Budget): Promise<HeldConnection> {
    // Explicit leases and transactions pay for a stack: they are what leak reports are about.
    const stack = new Error('acquired here');
    const lease = this.#tryTake(budget, stack) ?? (await this.#take(budget, stack));
    return new HeldConnection(this.context.database, lease, (message) => this.#warn(`${message}\n${stack.stack}`));
  }

  #tryTake(budget: Budget, stack?: Error): Lease<Connection> | undefined {
    return this.pool.tryAcquire({ deadline: budget.deadline, stack });
  }

  async #take(budget: Budget, stack?: Error): Promise<Lease<Connection>> {
    const { clock, database, target, limits } = this.context;
    const { acquireTimeoutMs } = limits;
    const latest = clock.now() + acquireTimeoutMs;
    const deadline = Math.min(budget.deadline, latest);
    try {
      return await this.pool.acquire({ deadline, signal: budget.signals[0], stack });
    } catch (error) {
      const rules = { database, target, limit: 'AcquireTimeoutMs' };
      throw acquireError(error, budget, rules, budget.deadline <= latest);
    }
  }
}

/** Gives back on every path. After an error it is not waited for: a statement past its deadline may take a while to end. */
async function endingWith<R>(release: () => Promise<void>, act: () => Promise<R>): Promise<R> {
  try {
    const result = await act();
    await release();
    return result;
  } catch (error) {
    void release();
    throw error;
  }
}
