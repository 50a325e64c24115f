// What the levels of one transaction share: the connection, what is known of its commit, and whether it may still be committed.
import { databaseError, type DatabaseError } from '../../errors/database.error.js';
import { encodeError } from '../../errors/error.codec.js';
import { command } from '../../query/statement.js';
import type { Budget } from '../budget.js';
import type { CallContext } from '../call-context.js';
import type { HeldConnection } from '../held-connection.js';
import { RowsCall } from '../rows-call.js';
import { isEndOfConnection } from '../statement-errors.js';
import type { CommitSettler } from './commit-settler.js';
import type { CommitWitness } from './commit-witness.js';
import type { HookPlace } from './call-hooks.js';
import type { Level } from './level.js';

/** Budget of a ROLLBACK where CancelTimeoutMs is off. */
const ROLLBACK_MS = 1_000;

export interface SessionParts {
  readonly owner: object;
  readonly context: CallContext;
  readonly held: HeldConnection;
  readonly witness: CommitWitness;
  readonly settler: CommitSettler;
  readonly readOnly: boolean;
  readonly isolation: string | undefined;
  readonly warn: (message: string) => void;
}

export class TransactionSession {
  savepoints = 0;
  /** Undoing that nobody waited for, because his time was over: COMMIT must know how it ended. */
  undoing: Promise<void> | undefined;

  /** COMMIT was sent, and its answer lost with the connection. */
  #unanswered: DatabaseError | undefined;

  constructor(readonly parts: SessionParts) {}

  get context(): CallContext {
    return this.parts.context;
  }

  get hookPlace(): HookPlace {
    return { database: this.context.database, warn: this.parts.warn };
  }

  get held(): HeldConnection {
    return this.parts.held;
  }

  /** A statement of the transaction's own. @returns its command tag */
  async command(text: string, budget: Budget, level: Level, harmless = true): Promise<string> {
    return (await this.held.run(this.#call(text, budget, harmless), level)).command;
  }

  /** What is asked for behind it, on the level around, waits for the savepoint's end, or it would be undone with it. */
  async savepoint(name: string, budget: Budget, level: Level, inner: Level): Promise<void> {
    try {
      await this.held.run(this.#call(`savepoint ${name}`, budget, true), level, inner);
    } catch (error) {
      this.held.turnTo(level);
      throw error;
    }
  }

  #call(text: string, budget: Budget, harmless: boolean): RowsCall {
    return new RowsCall(this.context, this.context.command(command(text), budget, harmless));
  }

  /**
   * A COMMIT whose answer was lost is no error yet: `settle` follows, when the connection has been given back.
   * @throws DB_TX_ROLLED_BACK and what COMMIT came to
   */
  async commit(budget: Budget, level: Level): Promise<void> {
    if (this.undoing !== undefined) await this.undoing;
    this.mustBeWhole(level);
    // BEGIN travels with the first statement: without one there is nothing to end.
    if (!this.held.opened) return;
    const { witness, readOnly } = this.parts;
    // It undid a statement, whose caller may have passed over that.
    if (witness.refused) throw this.refuse('DB_TX_ROLLED_BACK', 'the transaction may not be asked for its id');
    if (witness.missed && !readOnly) await this.#askWhatWasMissed(budget, level);
    let tag: string;
    try {
      // A lost answer is in doubt, unless there was nothing to commit.
      tag = await this.command('commit', budget, level, readOnly);
    } catch (error) {
      const failed = error as DatabaseError;
      this.inDoubt = failed.inDoubt;
      if (!failed.inDoubt || !isEndOfConnection(failed)) throw this.#withXid(failed);
      this.#unanswered = failed;
      return;
    }
    if (tag !== 'ROLLBACK') return;
    const why = 'COMMIT was answered by ROLLBACK: a statement failed and its error was not passed on';
    throw this.refuse('DB_TX_ROLLED_BACK', why);
  }

  /** COMMIT was sent, and may have been done. */
  inDoubt = false;

  /** COMMIT was sent, and what became of it is not known: `settle`. */
  get unsettled(): boolean {
    return this.#unanswered !== undefined;
  }

  /**
   * Only when the connection has been given back: it takes another one to ask, and there may be none as long as this one's place is
   * taken. @throws DB_COMMIT_UNKNOWN, and DB_CONNECTION_LOST for one that did not happen
   */
  async settle(budget: Budget): Promise<void> {
    const error = this.#unanswered;
    if (error === undefined) return;
    const { settler, witness } = this.parts;
    const { database } = this.context;
    const outcome = await settler.settle(witness.evidence, budget);
    if (outcome === 'committed') return;
    this.inDoubt = outcome === 'unknown';
    const { stack: _stack, ...data } = encodeError(error);
    if (outcome === 'aborted') {
      const message = `${database}: the connection was lost before COMMIT was done; the transaction did not happen`;
      throw databaseError({ ...data, message, inDoubt: false, retryable: true }, { cause: error });
    }
    const message = `${database}: the answer to COMMIT was lost, and nobody could say what became of it`;
    const xid = witness.evidence?.xid;
    throw databaseError({ ...data, code: 'DB_COMMIT_UNKNOWN', message, xid, inDoubt: true }, { cause: error });
  }

  /** On a budget of its own, for the transaction's may be over. What it misses is done when the connection is given back. */
  async rollback(level: Level): Promise<void> {
    const { context, held } = this;
    held.abandon(level, this.refuse('DB_TX_CLOSED', 'the transaction is being rolled back'));
    if (!held.opened) return;
    await this.command('rollback', context.ownBudget(context.limits.cancelTimeoutMs || ROLLBACK_MS), level);
  }

  /** On the outer level's time. Never rejects: a savepoint that stays dooms the level around it. */
  async undoTo(savepoint: string, budget: Budget, level: Level, outer: Level): Promise<void> {
    try {
      await this.command(`rollback to savepoint ${savepoint}`, budget, level);
      this.held.settingsUndone();
      await this.command(`release savepoint ${savepoint}`, budget, level);
    } catch (error) {
      outer.doom('a nested transaction could not be undone alone', error);
    }
  }

  /** @throws DB_TX_ROLLED_BACK of a level of which nothing may be kept */
  mustBeWhole({ doomed }: Level): void {
    if (doomed !== undefined) throw this.refuse('DB_TX_ROLLED_BACK', doomed.why, doomed.cause);
  }

  refuse(code: 'DB_TX_CLOSED' | 'DB_TX_ROLLED_BACK', why: string, cause?: unknown): DatabaseError {
    const { database } = this.context;
    return databaseError({ code, message: `${database}: ${why}`, database }, { cause });
  }

  /** A write that could not carry the question: it is asked by itself, for the price of a round trip. */
  async #askWhatWasMissed(budget: Budget, level: Level): Promise<void> {
    const { witness } = this.parts;
    const { question } = witness;
    const { context, held } = this;
    // A failed one is answered by ROLLBACK, and a question would be an error more.
    if (question === undefined || held.connection?.transactionStatus === 'E') return;
    try {
      const { rows } = await held.run(new RowsCall(context, context.command(question, budget, true)), level);
      witness.learn(rows[0]);
    } catch (error) {
      witness.fail(error as DatabaseError);
      throw error;
    }
  }

  #withXid(error: DatabaseError): DatabaseError {
    const xid = this.parts.witness.evidence?.xid;
    return error.inDoubt && xid !== undefined
      ? databaseError({ ...encodeError(error), xid }, { cause: error.cause })
      : error;
  }
}
