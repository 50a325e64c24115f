// One database's calls: each is sent where it belongs, by itself or on a connection that somebody holds.
// Leases of single statements are SingleFlights' matter, longer ones Holder's.
import type { Lease, Pool } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { InflightCall } from '../observe/inflight-call.js';
import type { ExecutorReports } from '../observe/executor-reports.js';
import type { QueryOptions, TransactionOptions } from '../query/query-options.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import { databaseError } from '../errors/database.error.js';
import type { HeldLock, LockOptions } from './advisory-lock.js';
import { batchOf } from './batch-call.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import type { Runner } from './call-port.js';
import { statementStats, type DatabaseStats } from './database-stats.js';
import { Holder } from './holder.js';
import { LeaseTaker } from './lease-taker.js';
import { ListenHub } from './listen-hub.js';
import { Pipelines } from './pipelines.js';
import { placeFor, wayFor, type Placement } from './placement.js';
import type { DatabaseLease } from './pooled-lease.js';
import { RowsCall } from './rows-call.js';
import type { RunOptions } from './run-options.js';
import { SingleFlights } from './single-flights.js';
import { SlowLane } from './slow-lane.js';
import type { AnyCall } from './statement-call.js';
import type { Way } from './statement-profile.js';
import type { ListenOptions, NotificationHandler, Subscription } from './subscription.js';
import { CommitSettler } from './transaction/commit-settler.js';
import type { Transaction } from './transaction/pooled-transaction.js';
import { watchExternalIo } from './transaction/external-io.js';
import { Transactions } from './transaction/transactions.js';
import type { TransactionFigures } from './transaction-watch.js';
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
  /** What a call on the database does inside of its transaction. Default `join`. */
  readonly ambient?: 'join' | 'refuse' | 'separate';
  /** See TransactionOptions. Default 5. */
  readonly transactionRetries?: number;
  /** Report HTTP requests made inside of a transaction. Default false. */
  readonly warnExternalIo?: boolean;
}

export class DatabaseExecutor implements Runner {
  readonly pool: Pool<Connection>;
  readonly context: CallContext;
  readonly #options: ExecutorOptions & {
    readonly placement: Placement;
    readonly workers: boolean;
    readonly pipelines: number;
  };
  readonly transactions: Transactions;
  readonly #settler: CommitSettler;
  readonly #unwatch: (() => void) | undefined;
  readonly #holder: Holder;
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
    const door = new Door(pool, context, options.maxQueue ?? Infinity);
    const taker = new LeaseTaker(door);
    this.#flights = new SingleFlights(taker, context, (call) => this.#slow?.leave(call));
    // Reads share where most of them run; those that must be elsewhere lease.
    const place = workers ? (placement === 'worker' ? 'worker' : 'inline') : undefined;
    this.#place = place;
    this.#listening = new ListenHub({ context, taker, place, warn: options.warn });
    this.#holder = new Holder({ door, taker, place, reports: options.reports });
    this.#settler = new CommitSettler(this);
    this.transactions = new Transactions({
      context,
      settler: this.#settler,
      holder: this.#holder,
      warn: options.warn,
      retries: options.transactionRetries ?? 5,
    });
    if (options.warnExternalIo === true) {
      const { reports } = options;
      const report = (target: string, stack?: string): void => reports?.externalIo(target, stack);
      this.#unwatch = watchExternalIo({ owner: this.transactions, guard: door.guard, report });
    }
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

  acquire(options: QueryOptions): Promise<DatabaseLease> {
    return this.#holder.acquire(options);
  }

  using<R>(fn: (lease: DatabaseLease) => Promise<R>, options: QueryOptions): Promise<R> {
    return this.#holder.using(fn, options);
  }

  withLock<R>(key: string, fn: (lock: HeldLock) => Promise<R>, options: LockOptions): Promise<R> {
    return this.#holder.withLock(key, fn, options);
  }

  /** @param without what `fn` is given where it runs outside of any transaction */
  transaction<R>(fn: (tx: Transaction) => Promise<R>, options: TransactionOptions, without?: Transaction): Promise<R> {
    return this.transactions.run(fn, options, without);
  }

  /** Who runs what the database is asked here: the running transaction, or this. @throws DB_TX_PROPAGATION with `Ambient: refuse` */
  get current(): Runner {
    const { current } = this.transactions;
    const { ambient = 'join' } = this.#options;
    if (current === undefined || ambient === 'separate') return this;
    if (ambient === 'join') return current.runner;
    const { database } = this.context;
    const message = `${database}: a call on the database inside of its transaction (Transactions.Ambient is refuse): use tx`;
    throw databaseError({ code: 'DB_TX_PROPAGATION', message, database });
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
  drain(deadline: number): Promise<void> {
    return this.#end(this.pool.drain(deadline));
  }

  /** The same, and then closed for good. */
  close(deadline: number): Promise<void> {
    return this.#end(this.pool.close(deadline));
  }

  transactionFigures(): TransactionFigures {
    return this.#holder.watch.figures();
  }

  stats(): DatabaseStats {
    const { granted, refused } = this.context.retryBudget;
    return {
      pool: this.pool.stats(),
      transactions: this.transactionFigures(),
      pipelines: [...this.#reads.stats(), ...this.#writes.stats()],
      statements: statementStats(this.context.profiles),
      retries: { granted, refused },
      settled: { ...this.#settler.counts },
    };
  }

  /** Calls that wait or run now, oldest first. */
  inflight(): InflightCall[] {
    return this.context.calls.inflight(this.context.clock.now());
  }

  /** The listener would keep its connection until the pool takes it, and ask for another for ever. */
  async #end(emptied: Promise<void>): Promise<void> {
    this.#unwatch?.();
    void this.#listening.close();
    await emptied;
    this.transactions.cut();
    this.context.deadlines.close();
  }

  #wayOf(call: AnyCall, options: RunOptions, place: string | undefined): Way {
    const way = wayFor(call, options, options.pipeline ?? this.#options.pipelineWrites === true);
    const none = way === 'pipeline' ? this.#options.pipelines === 0 || place !== this.#reads.place : false;
    const taken = none ? 'lease' : way;
    if (call.profile) call.profile.way = taken;
    return taken;
  }
}
