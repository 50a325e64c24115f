// A transaction on a held connection: BEGIN (in the flight of the first statement), the caller's function, COMMIT or
// ROLLBACK; nesting by savepoints. A ROLLBACK's error never hides the one before it; a COMMIT answered by ROLLBACK is one.
import { deferred } from '../connection/deferred.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { Queryable } from './queryable.js';
import type { QueryOptions, TransactionOptions } from '../query/query-options.js';
import type { QueryResult } from '../query/query-result.js';
import { command, type Statement } from '../query/statement.js';
import { batchOf } from './batch-call.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import { OpenCalls, type CallPort } from './call-port.js';
import type { HeldConnection } from './held-connection.js';
import { RowsCall } from './rows-call.js';

/** Statements run in the order of the calls. After its end: `DB_TX_CLOSED`. */
export interface Transaction extends Queryable {
  /** A SAVEPOINT: an error of `fn` undoes what `fn` did and is passed on; the outer transaction lives. */
  transaction<R>(fn: (tx: Transaction) => Promise<R>, options?: Pick<QueryOptions, 'timeoutMs' | 'signal'>): Promise<R>;
}

/** The session a transaction runs in, shared by its savepoints. */
interface Session {
  readonly held: HeldConnection;
  readonly context: CallContext;
  savepoints: number;
  /** A savepoint could not be undone: what is there must never be committed. */
  doomed: boolean;
  /** Undoing that nobody waited for, because his time was over: COMMIT must know how it ended. */
  undoing: Promise<void>;
}

export class PooledTransaction extends Queryable implements Transaction {
  readonly #session: Session;
  readonly #budget: Budget;
  readonly #reading = new OpenCalls();
  #open = true;
  /** Nested transactions that have not ended, and the end of the last of them. */
  #nested = 0;
  #lastNested: Promise<void> = Promise.resolve();

  private constructor(session: Session, budget: Budget) {
    super();
    this.#session = session;
    this.#budget = budget;
  }

  /** Runs `fn` in a transaction. The connection is not released here. */
  static async run<R>(
    held: HeldConnection,
    context: CallContext,
    budget: Budget,
    options: TransactionOptions,
    fn: (tx: Transaction) => Promise<R>,
  ): Promise<R> {
    const tx = new PooledTransaction(
      { held, context, savepoints: 0, doomed: false, undoing: Promise.resolve() },
      budget,
    );
    held.openWith(command(beginText(options)));
    return tx.#complete(fn, {
      commit: () => tx.#commit(options.readOnly === true),
      rollback: () => tx.#rollback(),
    });
  }

  async transaction<R>(
    fn: (tx: Transaction) => Promise<R>,
    options: Pick<QueryOptions, 'timeoutMs' | 'signal'> = {},
  ): Promise<R> {
    return this.explained(async () => {
      this.#mustBeOpen();
      const before = this.#lastNested;
      const ended = deferred<void>();
      this.#lastNested = ended.promise;
      this.#nested++;
      try {
        // Savepoints are a stack: of two side by side, undoing the first would undo the second as well.
        await before;
        return await this.#runNested(fn, options);
      } finally {
        this.#nested--;
        ended.resolve();
      }
    });
  }

  async #runNested<R>(
    fn: (tx: Transaction) => Promise<R>,
    options: Pick<QueryOptions, 'timeoutMs' | 'signal'>,
  ): Promise<R> {
    this.#mustBeOpen();
    const { context } = this.#session;
    const name = `hydrogen_${++this.#session.savepoints}`;
    const budget = context.budget({ ...options, timeoutMs: options.timeoutMs ?? Infinity }, this.#budget);
    await this.#command(`savepoint ${name}`);
    const nested = new PooledTransaction(this.#session, budget);
    return nested.#complete(fn, {
      commit: async () => void (await nested.#command(`release savepoint ${name}`)),
      rollback: () => (this.#session.undoing = this.#undoTo(name)),
    });
  }

  /** On the outer transaction's time. Never rejects: a savepoint that stays is told by `doomed`. */
  async #undoTo(savepoint: string): Promise<void> {
    try {
      await this.#command(`rollback to savepoint ${savepoint}`);
      await this.#command(`release savepoint ${savepoint}`);
    } catch {
      this.#session.doomed = true;
    }
  }

  get name(): string {
    return this.#session.context.database;
  }

  protected async run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>> {
    const { held, context } = this.#session;
    return held.run(new RowsCall(context, this.#describe(statement, options))) as Promise<QueryResult<T>>;
  }

  protected port(): CallPort {
    const { held, context } = this.#session;
    return {
      context,
      describe: (statement, options) => this.#describe(statement, options),
      dispatch: (call) => void held.run(call),
      opened: (call) => this.#reading.add(call),
    };
  }

  #describe(statement: Statement, options: QueryOptions): CallOptions {
    this.#mustBeMine();
    return this.#session.context.describe(statement, options, { harmless: true, outer: this.#budget });
  }

  #close(): void {
    this.#open = false;
    // Whoever still reads a result would keep the transaction from its end.
    this.#reading.end(() => this.#refuse('DB_TX_CLOSED', 'the transaction has ended before the result was read'));
  }

  /** @internal Several statements of this transaction in one flight. */
  async runBatch(statements: readonly Statement[], options: QueryOptions): Promise<QueryResult[]> {
    this.#mustBeMine();
    const { held, context } = this.#session;
    return held.run(batchOf(context, statements, options, { harmless: true, outer: this.#budget }));
  }

  async #complete<R>(
    fn: (tx: Transaction) => Promise<R>,
    end: { commit: () => Promise<void>; rollback: () => Promise<void> },
  ): Promise<R> {
    try {
      const result = await this.#untilDeadline(fn);
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

  /** The caller's function may wait for something that is no statement: its time ends all the same. */
  #untilDeadline<R>(fn: (tx: Transaction) => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const callOff = this.#budget.onEnd('transaction', (error) => {
        this.#open = false;
        reject(error);
      });
      // An async wrapper: a function that throws before its first await is a rejection like any other.
      const running = (async () => fn(this))();
      running.finally(callOff).then(resolve, reject);
    });
  }

  async #commit(readOnly: boolean): Promise<void> {
    await this.#session.undoing;
    // BEGIN travels with the first statement: without one there is nothing to end.
    if (!this.#session.held.opened) return;
    if (this.#session.doomed) throw this.#refuse('DB_TX_ROLLED_BACK', 'a nested transaction could not be undone alone');
    // A lost answer to COMMIT is in doubt, unless there was nothing to commit.
    if ((await this.#command('commit', readOnly)) !== 'ROLLBACK') return;
    throw this.#refuse(
      'DB_TX_ROLLED_BACK',
      'COMMIT was answered by ROLLBACK: a statement failed and its error was not passed on',
    );
  }

  async #command(text: string, harmless = true): Promise<string> {
    const { held, context } = this.#session;
    const result = await held.run(new RowsCall(context, context.command(command(text), this.#budget, harmless)));
    return result.command;
  }

  /** On a budget of its own, for the transaction's may be over. What it misses is done when the connection is given back. */
  async #rollback(): Promise<void> {
    const { held, context } = this.#session;
    if (!held.opened) return;
    const budget = context.ownBudget(context.limits.cancelTimeoutMs || ROLLBACK_MS);
    await held.run(new RowsCall(context, context.command(command('rollback'), budget, true)));
  }

  #mustBeMine(): void {
    this.#mustBeOpen();
    if (this.#nested > 0) {
      throw this.#refuse('DB_TX_CLOSED', 'a nested transaction is open: use its own tx until it has ended');
    }
  }

  #mustBeOpen(): void {
    if (!this.#open) {
      throw this.#refuse('DB_TX_CLOSED', 'the transaction has ended; a statement was not awaited, or comes too late');
    }
    if (this.#session.doomed) throw this.#refuse('DB_TX_ROLLED_BACK', 'a nested transaction could not be undone alone');
  }

  #refuse(code: 'DB_TX_CLOSED' | 'DB_TX_ROLLED_BACK', why: string): DatabaseError {
    const { database } = this.#session.context;
    return databaseError({ code, message: `${database}: ${why}`, database });
  }
}

/** Budget of a ROLLBACK where CancelTimeoutMs is off. */
const ROLLBACK_MS = 1_000;

const ISOLATION = new Set(['read committed', 'repeatable read', 'serializable']);

/** @throws DB_PARAMETERS for an isolation level that is none: the words go into the text. */
function beginText({ isolation, readOnly, deferrable }: TransactionOptions): string {
  if (isolation !== undefined && !ISOLATION.has(isolation)) {
    const message = `isolation must be one of ${[...ISOLATION].join(', ')}, got ${isolation as string}`;
    throw databaseError({ code: 'DB_PARAMETERS', message });
  }
  return [
    'begin',
    isolation && `isolation level ${isolation}`,
    readOnly === undefined ? '' : readOnly ? 'read only' : 'read write',
    deferrable === undefined ? '' : deferrable ? 'deferrable' : 'not deferrable',
  ]
    .filter(Boolean)
    .join(' ');
}
