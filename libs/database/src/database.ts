// What a service is given: one named database. Calls go to its executor; nothing is decided here.
import type { PoolLimits, PoolState } from '@hydrogen/pool';
import { poolStats, type DatabasePoolStats } from './database-pool-stats.js';
import { databaseError } from './errors/database.error.js';
import type { HeldLock, LockOptions } from './executor/advisory-lock.js';
import type { CallPort } from './executor/call-port.js';
import type { DatabaseExecutor } from './executor/database-executor.js';
import type { DatabaseLease } from './executor/pooled-lease.js';
import type { ListenOptions, NotificationHandler, Subscription } from './executor/subscription.js';
import type { Transaction } from './executor/transaction/pooled-transaction.js';
import type { DatabaseHosts, HostStats } from './hosts/database-hosts.js';
import type { InflightCall } from './observe/inflight-call.js';
import type { PoolRecorder } from './observe/pool-recorder.js';
import type { QueryOptions, TransactionOptions } from './query/query-options.js';
import type { QueryResult } from './query/query-result.js';
import { Queryable } from './executor/queryable.js';
import type { Statement } from './query/statement.js';

/** Operations on a database's pool; they stand apart from queries. */
export interface DatabasePool {
  readonly state: PoolState;
  /** What it is and does now, and all it did since its making. Plain data; made when asked for, O(connections). */
  stats(): DatabasePoolStats;
  /** Calls of this database that wait or run now, oldest first; without parameters. */
  inflight(): readonly InflightCall[];
  /** Takes effect at once; a shrink closes idle connections now and lent ones as they return. */
  resize(limits: PoolLimits): void;
  /** Calls wait, on their own deadlines; nothing new is opened. */
  pause(): void;
  resume(): void;
  /** Replaces every connection: idle ones now, lent ones as they return. */
  recycle(): void;
  /**
   * Ends this database, for good: new work is refused with `DB_CLOSING`; who waits or runs may end within `ms`, the rest is
   * cut off; listening ends at once. Settles when nothing is open. Never rejects.
   */
  drain(ms: number): Promise<void>;
  /**
   * Brings connections to where they would be had all hosts always been there: by weight, or at the first of them. One after the
   * other, the new one first where MaxConnections leaves room; lent ones as they return. Without it MaxLifetimeMs does the same.
   * Resolves to how many were replaced, 0 where all is well or the better host takes none. Never rejects.
   */
  rebalance(): Promise<number>;
  /** The configured hosts, with the connections at each. */
  hosts(): readonly HostStats[];
}

/** What a Database shows beside what it runs. */
export interface DatabaseParts {
  readonly recorder: PoolRecorder;
  readonly hosts: DatabaseHosts;
  readonly drain: (ms: number) => Promise<void>;
}

export class Database extends Queryable implements Transaction {
  readonly #executor: DatabaseExecutor | undefined;
  readonly #pool: DatabasePool | undefined;

  /** @internal Injected by name: `@InjectDatabase('OIDC')`. `executor` undefined = `Enabled: false`. */
  constructor(
    readonly name: string,
    executor: DatabaseExecutor | undefined,
    parts?: DatabaseParts,
  ) {
    super();
    this.#executor = executor;
    this.#pool = executor && parts && operationsOf(executor, parts);
  }

  /** @throws DB_DISABLED */
  get pool(): DatabasePool {
    this.#use();
    return this.#pool as DatabasePool;
  }

  /** Calls that wait or run now, oldest first: what a person asks for when nothing seems to move. @throws DB_DISABLED */
  inflight(): readonly InflightCall[] {
    return this.#use().inflight();
  }

  /**
   * Runs `fn` between BEGIN and COMMIT on one connection; an error of `fn` rolls back and is passed on. What is called in `fn`,
   * at whatever depth, finds the transaction by itself: the database's own calls join it, and so does `transaction()`, unless
   * `propagation` says otherwise. Runs `fn` again after what the server undid (`retries`).
   */
  async transaction<R>(fn: (tx: Transaction) => Promise<R>, options: TransactionOptions = {}): Promise<R> {
    try {
      return await this.#use().transaction(fn, options, this);
    } catch (error) {
      throw await this.restacked(error);
    }
  }

  /** Runs `hook` when the running transaction has been committed; at once, where there is none. See Transaction. */
  afterCommit(hook: () => void | Promise<void>): void {
    const { current } = this.#use().transactions;
    if (current === undefined) this.#use().transactions.hookAtOnce(hook);
    else current.afterCommit(hook);
  }

  /** Runs `hook` when the running transaction has been rolled back; never, where there is none. */
  afterRollback(hook: () => void | Promise<void>): void {
    this.#use().transactions.current?.afterRollback(hook);
  }

  /**
   * Runs `fn` while this process alone, of all that ask so, holds the advisory lock of that name; in a session of its own,
   * so a transaction around it neither needs it nor ends it. `lock.signal` aborts when the session is lost, and the lock with it.
   * @throws DB_LOCK_TIMEOUT where another holds it for longer than LockTimeoutMs, or at once with `wait: false`
   */
  async withLock<R>(key: string, fn: (lock: HeldLock) => Promise<R>, options: LockOptions = {}): Promise<R> {
    return this.explained(async () => this.#use().withLock(key, fn, options));
  }

  /** A connection for the time of `fn`, given back and cleaned on every path. */
  async using<R>(fn: (lease: DatabaseLease) => Promise<R>, options: QueryOptions = {}): Promise<R> {
    return this.explained(async () => this.#use().using(fn, options));
  }

  /** A connection until `release()` or the end of an `await using` block. */
  async acquire(options: QueryOptions = {}): Promise<DatabaseLease> {
    return this.explained(async () => this.#use().acquire(options));
  }

  /**
   * Calls `handler` for each NOTIFY on the channel from now on. All channels of a database share one connection, which counts
   * against MaxConnections and is made anew when it is lost; `onGap` then tells what may have been missed. Close the
   * subscription, or the module does. @throws DB_UNSUPPORTED behind a pooler that shares sessions
   */
  async listen(channel: string, handler: NotificationHandler, options: ListenOptions = {}): Promise<Subscription> {
    return this.explained(async () => this.#use().listen(channel, handler, options));
  }

  /** @internal The transaction that the running code stands in. */
  get running(): Transaction | undefined {
    return this.#executor?.transactions.current;
  }

  /** @internal `fn` as if none were running. */
  outside<R>(fn: () => R): R {
    return this.#use().transactions.outside(fn);
  }

  protected run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>> {
    return this.#use().current.run<T>(statement, options);
  }

  /** @internal */
  async runBatch(statements: readonly Statement[], options: QueryOptions): Promise<QueryResult[]> {
    return this.#use().current.runBatch(statements, options);
  }

  protected port(): CallPort {
    return this.#use().current;
  }

  #use(): DatabaseExecutor {
    if (this.#executor) return this.#executor;
    const message = `${this.name}: is disabled (Databases.Connections.${this.name}.Enabled is false)`;
    throw databaseError({ code: 'DB_DISABLED', message, database: this.name });
  }
}

/** What an operator may do, and no more: leases are taken and given back by the executor alone. */
function operationsOf(executor: DatabaseExecutor, { recorder, hosts, drain }: DatabaseParts): DatabasePool {
  const { pool } = executor;
  return {
    get state() {
      return pool.state;
    },
    stats: () => poolStats(executor, recorder),
    inflight: () => executor.inflight(),
    resize: (limits) => pool.resize(limits),
    pause: () => pool.pause(),
    resume: () => pool.resume(),
    recycle: () => pool.recycle(),
    drain,
    rebalance: () => hosts.rebalance(pool),
    hosts: () => hosts.stats(),
  };
}
