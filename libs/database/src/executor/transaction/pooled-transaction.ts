// One level of a transaction as its callers have it: statements in order, savepoints, hooks. It ends with the caller's
// function; a ROLLBACK's error never hides the one before it. It is long, for a level's begin, its parts and its two ends decide
// together what may still run.
import { deferred } from '../../connection/deferred.js';
import type { DatabaseError } from '../../errors/database.error.js';
import type { QueryOptions } from '../../query/query-options.js';
import type { QueryResult } from '../../query/query-result.js';
import { command, type Statement } from '../../query/statement.js';
import { currentScope, within } from '../../scope/call-scope.js';
import { batchOf } from '../batch-call.js';
import type { Budget } from '../budget.js';
import type { CallOptions } from '../call-options.js';
import { OpenCalls, type Runner } from '../call-port.js';
import { Queryable } from '../queryable.js';
import { RowsCall } from '../rows-call.js';
import { callHooks } from './call-hooks.js';
import { Level, type Hook } from './level.js';
import type { TransactionSession } from './transaction-session.js';

type NestedOptions = Pick<QueryOptions, 'timeoutMs' | 'signal'>;

/** Statements run in the order of the calls. After its end: `DB_TX_CLOSED`. */
export interface Transaction extends Queryable {
  /** A SAVEPOINT: an error of `fn` undoes what `fn` did and is passed on; the outer transaction lives. */
  transaction<R>(fn: (tx: Transaction) => Promise<R>, options?: NestedOptions): Promise<R>;
  /**
   * Runs `hook` when the whole transaction has been committed and its connection given back; never, if it was not. One after the
   * other; `transaction()` waits for them. What a hook throws is logged: nothing can be undone any more.
   */
  afterCommit(hook: Hook): void;
  /** Runs `hook` when the transaction, or the savepoint in which it was called, has been rolled back. */
  afterRollback(hook: Hook): void;
}

export class PooledTransaction extends Queryable implements Transaction {
  readonly #session: TransactionSession;
  readonly #budget: Budget;
  readonly #level: Level;
  readonly #reading = new OpenCalls();
  /** For the database's own calls that join. */
  readonly runner: Runner;
  #open = true;
  #cut: ((error: DatabaseError) => void) | undefined;

  constructor(session: TransactionSession, budget: Budget, level: Level) {
    super();
    this.#session = session;
    this.#budget = budget;
    this.#level = level;
    const { context } = session;
    this.runner = {
      context,
      describe: (statement, options) => this.#describe(statement, options),
      dispatch: (call) => void session.held.run(call, level),
      opened: (call) => this.#reading.add(call),
      run: (statement, options) => this.run(statement, options),
      runBatch: (statements, options) => this.runBatch(statements, options),
    };
  }

  get name(): string {
    return this.#session.context.database;
  }

  get session(): TransactionSession {
    return this.#session;
  }

  afterCommit(hook: Hook): void {
    this.#mustBeOpen();
    this.#level.afterCommit(hook);
  }

  afterRollback(hook: Hook): void {
    this.#mustBeOpen();
    this.#level.afterRollback(hook);
  }

  async transaction<R>(fn: (tx: Transaction) => Promise<R>, options: NestedOptions = {}): Promise<R> {
    return this.explained(async () => {
      this.#mustBeMine();
      const level = this.#level;
      const before = level.lastNested;
      const ended = deferred<void>();
      level.lastNested = ended.promise;
      try {
        // Savepoints are a stack: of two side by side, undoing the first would undo the second as well.
        if (before !== undefined) await before;
        return await this.#runNested(fn, options);
      } finally {
        ended.resolve();
      }
    });
  }

  /** @internal The whole: `fn` between BEGIN and COMMIT. The connection is not released here. */
  runWhole<R>(fn: (tx: Transaction) => Promise<R>, begin: string): Promise<R> {
    const session = this.#session;
    session.held.turnTo(this.#level);
    session.held.openWith(command(begin));
    return this.#complete(fn, {
      commit: () => session.commit(this.#budget, this.#level),
      rollback: () => session.rollback(this.#level),
    });
  }

  /** @internal Its connection was taken from it: `fn`, which may wait for something else, is not waited for any longer. */
  cut(error: DatabaseError): void {
    this.#cut?.(error);
  }

  /** @internal `fn` as a part of this level: what it throws dooms the whole, for nothing undoes it alone. */
  async runJoined<R>(fn: (tx: Transaction) => Promise<R>, options: NestedOptions): Promise<R> {
    this.#mustBeMine();
    const session = this.#session;
    const own = options.timeoutMs !== undefined || options.signal !== undefined;
    const timeoutMs = options.timeoutMs ?? Infinity;
    const budget = own ? session.context.budget({ ...options, timeoutMs }, this.#budget) : this.#budget;
    const part = own ? new PooledTransaction(session, budget, this.#level) : this;
    try {
      return await (own ? this.#standing(part, () => part.#untilDeadline(fn)) : fn(part));
    } catch (error) {
      this.#level.doom('a part of the transaction failed', error);
      throw error;
    } finally {
      if (own) part.#close();
    }
  }

  async #runNested<R>(fn: (tx: Transaction) => Promise<R>, options: NestedOptions): Promise<R> {
    this.#mustBeOpen();
    const session = this.#session;
    const level = this.#level;
    const name = `hydrogen_${++session.savepoints}`;
    const budget = session.context.budget({ ...options, timeoutMs: options.timeoutMs ?? Infinity }, this.#budget);
    const inner = new Level(level);
    await session.savepoint(name, this.#budget, level, inner);
    if (!this.#open) session.held.turnTo(level);
    // Nobody waited for it, and the level around it has ended meanwhile: what came now would run behind its COMMIT or ROLLBACK,
    // outside of any transaction.
    this.#mustBeOpen();
    const nested = new PooledTransaction(session, budget, inner);
    level.nested++;
    const end = (): void => {
      level.nested--;
      session.held.turnTo(level);
    };
    return nested.#complete(fn, {
      commit: async () => {
        session.mustBeWhole(inner);
        await session.command(`release savepoint ${name}`, budget, inner);
        end();
        inner.committed();
      },
      rollback: async () => {
        // Before those around it have their turn again: in a failed transaction they would fail as well.
        await (session.undoing = session.undoTo(name, this.#budget, inner, level));
        end();
        await callHooks(inner.rolledBack(), 'afterRollback', session.hookPlace);
      },
    });
  }

  protected run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>> {
    const { held, context } = this.#session;
    const call = new RowsCall(context, this.#describe(statement, options));
    return held.run(call, this.#level) as Promise<QueryResult<T>>;
  }

  protected port(): Runner {
    return this.runner;
  }

  /** @internal Several statements of this transaction in one flight. */
  async runBatch(statements: readonly Statement[], options: QueryOptions): Promise<QueryResult[]> {
    this.#mustBeMine();
    const { held, context } = this.#session;
    const call = batchOf(context, statements, options, { harmless: true, outer: this.#budget });
    return held.run(call, this.#level);
  }

  #describe(statement: Statement, options: QueryOptions): CallOptions {
    this.#mustBeMine();
    return this.#session.context.describe(statement, options, { harmless: true, outer: this.#budget });
  }

  #close(): void {
    this.#open = false;
    // Whoever still reads a result would keep the transaction from its end.
    this.#reading.end(() =>
      this.#session.refuse('DB_TX_CLOSED', 'the transaction has ended before the result was read'),
    );
  }

  async #complete<R>(
    fn: (tx: Transaction) => Promise<R>,
    end: { commit: () => Promise<void>; rollback: () => Promise<void> },
  ): Promise<R> {
    try {
      const result = await this.#standing(this, () => this.#untilDeadline(fn));
      this.#close();
      this.#budget.check('transaction');
      await end.commit();
      return result;
    } catch (error) {
      this.#close();
      const undone = end.rollback().catch(() => {});
      // Whoever's time is over is answered now; the connection does the rest in its order.
      if (!this.#budget.over) await undone;
      throw error;
    }
  }

  /** What runs in `fn` finds `transaction` by itself. */
  #standing<R>(transaction: PooledTransaction, fn: () => R): R {
    const { owner } = this.#session.parts;
    return within({ ambient: { owner, transaction, outer: currentScope()?.ambient } }, fn);
  }

  /** The caller's function may wait for something that is no statement: its time ends all the same. */
  #untilDeadline<R>(fn: (tx: Transaction) => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.#cut = (error) => {
        this.#open = false;
        reject(error);
      };
      const callOff = this.#budget.onEnd('transaction', this.#cut);
      const failed = (error: unknown): void => {
        callOff();
        // It is whatever the caller's function has thrown.
        // oxlint-disable-next-line prefer-promise-reject-errors
        reject(error);
      };
      const done = (result: R): void => {
        callOff();
        resolve(result);
      };
      try {
        // A function that is not async may return anything.
        void Promise.resolve(fn(this)).then(done, failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  /** A statement of an outer level, asked for inside of a savepoint, would wait for the savepoint that waits for it. */
  #mustBeMine(): void {
    this.#mustBeOpen();
    if (this.#level.nested === 0) return;
    const current = this.#innermost();
    if (current === undefined || current.#level === this.#level || !current.#level.within(this.#level)) return;
    throw this.#session.refuse('DB_TX_CLOSED', 'a nested transaction is open: use its own tx until it has ended');
  }

  /** The level of this transaction that the running code stands in; another transaction may stand between. */
  #innermost(): PooledTransaction | undefined {
    for (let ambient = currentScope()?.ambient; ambient !== undefined; ambient = ambient.outer) {
      const { transaction } = ambient;
      if (transaction instanceof PooledTransaction && transaction.#session === this.#session) return transaction;
    }
    return undefined;
  }

  #mustBeOpen(): void {
    if (!this.#open) {
      const why = 'the transaction has ended; a statement was not awaited, or comes too late';
      throw this.#session.refuse('DB_TX_CLOSED', why);
    }
    this.#session.mustBeWhole(this.#level);
  }
}
