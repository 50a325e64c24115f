// One database's calls: each is sent where it belongs, by itself or on a connection that somebody holds. Leases of single
// statements are SingleFlights' matter; what is held longer is given back here, on every path.
import type { Lease, Pool } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { InflightCall } from '../observe/inflight-call.js';
import type { ExecutorReports } from '../observe/executor-reports.js';
import type { QueryOptions, TransactionOptions } from '../query/query-options.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import { holding } from '../scope/call-scope.js';
import { batchOf } from './batch-call.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import type { CallPort } from './call-port.js';
import { statementStats, type DatabaseStats } from './database-stats.js';
import { HeldConnection } from './held-connection.js';
import { LeaseTaker } from './lease-taker.js';
import { ListenHub } from './listen-hub.js';
import { Pipelines } from './pipelines.js';
import { placeFor, wayFor, type Placement } from './placement.js';
import { PooledLease, type DatabaseLease } from './pooled-lease.js';
import { RequestedLease } from './requested-lease.js';
import { PooledTransaction, type Transaction } from './pooled-transaction.js';
import { RowsCall } from './rows-call.js';
import type { RunOptions } from './run-options.js';
import { SingleFlights } from './single-flights.js';
import { SlowLane } from './slow-lane.js';
import type { AnyCall } from './statement-call.js';
import type { Way } from './statement-profile.js';
import type { ListenOptions, NotificationHandler, Subscription } from './subscription.js';
import { TransactionWatch } from './transaction-watch.js';
import { Door } from './waiting-room.js';

export interface ExecutorOptions {
  readonly warn: (message: string) => void;
  /** Hears what callers do with leases and transactions. Default: nobody. */
  readonly reports?: ExecutorReports;
  /** Calls that may wait, here and in the pool together. Default: no limit. */
  readonly maxQueue?: number;
  /** Default `auto`. */
  readonly placement?: Placement;
  /** Connections may be in workers. Default false. */
  readonly workers?: boolean;
  /** Most connections in shared use for reads; 0 = none. Default 0. */
  readonly pipelines?: number;
  /** Autocommit writes share a connection, unless a call says otherwise. Default false. */
  readonly pipelineWrites?: boolean;
  /** Most connections that slow statements hold at once; Infinity = all. Default Infinity. */
  readonly slowMax?: number;
  /** A connection in shared use goes back to the pool when unused for so long, milliseconds. Default 1000. */
  readonly pipelineIdleMs?: number;
}

export class DatabaseExecutor implements CallPort {
  readonly pool: Pool<Connection>;
  readonly context: CallContext;
  readonly transactions: TransactionWatch;
  readonly #options: ExecutorOptions & {
    readonly placement: Placement;
    readonly workers: boolean;
    readonly pipelines: number;
  };
  readonly #door: Door;
  readonly #taker: LeaseTaker;
  readonly #flights: SingleFlights;
  readonly #reads: Pipelines;
  readonly #writes: Pipelines;
  readonly #slow: SlowLane | undefined;
  /** Where what nobody has placed stands. */
  readonly #place: string | undefined;
  readonly #listening: ListenHub;

  constructor(pool: Pool<Connection>, context: CallContext, options: ExecutorOptions) {
    this.pool = pool;
    const { placement = 'auto', workers = false, pipelines = 0, slowMax = Infinity, pipelineIdleMs = 1_000 } = options;
    this.context = context;
    this.#options = { ...options, placement, workers, pipelines };
    this.transactions = new TransactionWatch(context.deadlines, (...told) => options.reports?.longTransaction(...told));
    const door = (this.#door = new Door(pool, context, options.maxQueue ?? Infinity));
    this.#taker = new LeaseTaker(door);
    this.#flights = new SingleFlights(this.#taker, context, (call) => this.#slow?.leave(call));
    // Reads share where most of them run; those that must be elsewhere lease.
    const place = workers ? (placement === 'worker' ? 'worker' : 'inline') : undefined;
    this.#place = place;
    this.#listening = new ListenHub({ context, taker: this.#taker, place, warn: options.warn });
    const shared = { place, idleMs: pipelineIdleMs, elsewhere: (call: AnyCall) => this.#flights.run(call, place) };
    this.#reads = new Pipelines(door, { ...shared, kind: 'read', width: pipelines });
    // Two: one backend would be the limit of all writes, and each more is one connection less for whoever leases.
    this.#writes = new Pipelines(door, { ...shared, kind: 'write', width: Math.min(2, pipelines) });
    if (slowMax < Infinity) this.#slow = new SlowLane(door, slowMax, (call) => this.#flights.run(call, call.place));
  }

  /** Rows of one statement. @throws DB_PARAMETERS, DB_CANCELLED at once; everything else rejects */
  run<T>(statement: Statement, options: RunOptions): Promise<QueryResult<T>> {
    const call = new RowsCall(this.context, this.context.describe(statement, options));
    this.dispatch(call, options);
    return call.promise as Promise<QueryResult<T>>;
  }

  describe(statement: Statement, options: RunOptions): CallOptions {
    return this.context.describe(statement, options);
  }

  /** It has a connection of its own: nobody but its reader has to know. */
  opened(): void {}

  /**
   * All or nothing, in one flight, on a connection of their own. A lost answer leaves all in doubt, unless the caller said
   * `readOnly` or `idempotent` of all of them: then they are run again.
   * @throws DB_PARAMETERS for an empty list
   */
  runBatch(statements: readonly Statement[], options: RunOptions): Promise<QueryResult[]> {
    const call = batchOf(this.context, statements, options);
    this.context.trace.request(call.budget, 'batch');
    this.#flights.run(call, this.#place);
    return call.promise;
  }

  /** Sends a call of any kind to where it belongs; its promise tells the rest. */
  dispatch(call: AnyCall, options: RunOptions): void {
    this.context.retryBudget.calls++;
    const { placement, workers } = this.#options;
    this.context.trace.request(call.budget, 'statement');
    const place = placeFor(call, options.place, placement, workers);
    switch (this.#wayOf(call, options, place)) {
      case 'pipeline':
        if (this.#reads.run(call)) return;
        break;
      case 'write pipeline':
        if (this.#writes.run(call)) return;
        break;
      case 'slow lease':
        if (this.#slow === undefined) break;
        call.place = place;
        return this.#slow.enter(call);
      default:
    }
    this.#flights.run(call, place);
  }

  /** Inside a request it ends with the request at the latest. */
  async acquire(options: QueryOptions): Promise<DatabaseLease> {
    const budget = this.context.budget(options);
    const { held, stack } = await this.#hold('lease', budget);
    return new RequestedLease(held, this.context, budget.scope?.request, () => this.#reclaimed(stack));
  }

  async using<R>(fn: (lease: DatabaseLease) => Promise<R>, options: QueryOptions): Promise<R> {
    const budget = this.context.budget(options);
    const { held, stack } = await this.#hold('lease', budget);
    const lease = new PooledLease(held, this.context);
    return this.#holding(
      stack,
      budget,
      () => lease.release(),
      () => fn(lease),
    );
  }

  async transaction<R>(fn: (tx: Transaction) => Promise<R>, options: TransactionOptions): Promise<R> {
    const { context } = this;
    const timeoutMs = options.timeoutMs ?? (context.limits.transactionTimeoutMs || Infinity);
    const budget = context.budget({ timeoutMs, signal: options.signal });
    const { held, stack } = await this.#hold('transaction', budget);
    const ended = this.transactions.begin(budget, stack);
    const release = async (): Promise<void> => {
      ended();
      await held.release();
    };
    return this.#holding(stack, budget, release, () => PooledTransaction.run(held, context, budget, options, fn));
  }

  /** @throws DB_PARAMETERS, DB_UNSUPPORTED and what taking a lease does */
  listen(channel: string, handler: NotificationHandler, options: ListenOptions): Promise<Subscription> {
    return this.#listening.listen(channel, handler, options);
  }

  /** A lease that is there now, for health: undefined when none is idle. Never opens a connection, never waits. */
  tryAcquire(): Lease<Connection> | undefined {
    return this.pool.tryAcquire({ deadline: Infinity, lane: 'health' });
  }

  /** New work is refused; what runs may end until then. Settles when nothing is open; no timer is left. Never rejects. */
  async close(deadline: number): Promise<void> {
    void this.#listening.close();
    await this.pool.close(deadline);
    this.context.deadlines.close();
  }

  stats(): DatabaseStats {
    const { granted, refused } = this.context.retryBudget;
    return {
      pool: this.pool.stats(),
      transactions: this.transactions.figures(),
      pipelines: [...this.#reads.stats(), ...this.#writes.stats()],
      statements: statementStats(this.context.profiles),
      retries: { granted, refused },
    };
  }

  /** Calls that wait or run now, oldest first. */
  inflight(): InflightCall[] {
    return this.context.calls.inflight(this.context.clock.now());
  }

  #wayOf(call: AnyCall, options: RunOptions, place: string | undefined): Way {
    const way = wayFor(call, options, options.pipeline ?? this.#options.pipelineWrites === true);
    const none = way === 'pipeline' ? this.#options.pipelines === 0 || place !== this.#reads.place : false;
    const taken = none ? 'lease' : way;
    if (call.profile) call.profile.way = taken;
    return taken;
  }

  async #hold(kind: 'lease' | 'transaction', budget: Budget): Promise<{ held: HeldConnection; stack: Error }> {
    const { context } = this;
    // Explicit leases and transactions pay for a stack: they are what leak reports are about.
    const stack = new Error('acquired here');
    context.trace.request(budget, kind);
    const wish = { place: this.#place, stack };

    const lease = this.#taker.tryTake(budget, wish) ?? (await this.#taker.take(budget, wish));
    context.trace.provide(budget, lease.resource);
    const dirty = (): void => this.#options.reports?.dirtyRelease(stack.stack);
    return { held: new HeldConnection(context, lease, dirty, budget), stack };
  }

  /** Gives back on every path. After an error it is not waited for: a statement past its deadline may take a while to end. */
  async #holding<R>(stack: Error, budget: Budget, release: () => Promise<void>, act: () => Promise<R>): Promise<R> {
    const { guard } = this.#door;
    const hold = guard.hold(stack, budget.scope?.hold);
    try {
      const result = await holding(hold, act);
      guard.released(hold);
      await release();
      return result;
    } catch (error) {
      guard.released(hold);
      void release();
      throw error;
    }
  }

  #reclaimed(stack: Error): void {
    this.#options.reports?.forgottenLease(stack.stack);
  }
}
