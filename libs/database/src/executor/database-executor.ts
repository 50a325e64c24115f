// One database's calls: each is sent where it belongs, by itself or on a connection that somebody holds. Leases of single
// statements are SingleFlights' matter; what is held longer is given back here, on every path.
import type { Lease, Pool, PoolStats } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { QueryOptions, TransactionOptions } from '../query/query-options.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import type { CallPort } from './call-port.js';
import { HeldConnection } from './held-connection.js';
import { LeaseTaker } from './lease-taker.js';
import { PooledLease, type DatabaseLease } from './pooled-lease.js';
import { PooledTransaction, type Transaction } from './pooled-transaction.js';
import { RowsCall } from './rows-call.js';
import type { RunOptions } from './run-options.js';
import { SingleFlights } from './single-flights.js';
import type { AnyCall, CallOptions } from './statement-call.js';

export interface ExecutorOptions {
  readonly warn: (message: string) => void;
}

export class DatabaseExecutor implements CallPort {
  readonly pool: Pool<Connection>;
  readonly context: CallContext;
  readonly #warn: (message: string) => void;
  readonly #taker: LeaseTaker;
  readonly #flights: SingleFlights;

  constructor(pool: Pool<Connection>, context: CallContext, { warn }: ExecutorOptions) {
    this.pool = pool;
    this.context = context;
    this.#warn = warn;
    this.#taker = new LeaseTaker(pool, context);
    this.#flights = new SingleFlights(this.#taker, context);
  }

  /** Rows of one statement. @throws DB_PARAMETERS, DB_CANCELLED at once; everything else rejects */
  run<T>(statement: Statement, options: RunOptions): Promise<QueryResult<T>> {
    const call = new RowsCall(this.context, this.context.describe(statement, options));
    this.dispatch(call);
    return call.promise as Promise<QueryResult<T>>;
  }

  describe(statement: Statement, options: RunOptions): CallOptions {
    return this.context.describe(statement, options);
  }

  /** It has a connection of its own: nobody but its reader has to know. */
  opened(): void {}

  /** Sends a call of any kind to where it belongs; its promise tells the rest. */
  dispatch(call: AnyCall): void {
    this.#flights.run(call);
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
    const lease = this.#taker.tryTake(budget, { stack }) ?? (await this.#taker.take(budget, { stack }));
    return new HeldConnection(this.context, lease, (message) => this.#warn(`${message}\n${stack.stack}`));
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
