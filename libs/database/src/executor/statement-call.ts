// One statement from its making to its end: it waits, is sent, and is answered, or its time is over before. The caller
// hears of it at the latest at the deadline; apart from that, its home hears when the connection is free of it.
// What is made of the chunks is for the kinds of calls (RowsCall …); where it runs is for whoever sends it. Long, for the
// states and all that moves between them stand in one piece.
import type { Lease } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { CancelReason, Execution, ResultChunk, ResultEnd, ResultSink } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { ListedCall } from '../observe/call-list.js';
import type { Lane } from '../query/query-options.js';
import type { Statement } from '../query/statement.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import { settledInTime } from './cancel-patience.js';
import { Expiring } from './deadline-queue.js';
import { sendOptions, type SendOptions } from './run-options.js';
import { explain, isAnswer, isEndOfConnection, mayHaveHappened } from './statement-errors.js';
import type { StatementProfile } from './statement-profile.js';
import { executeWith, type Trailing } from './trailing.js';

/**
 * waiting: for a connection or a turn; nothing was sent. sent: on a connection. reading: the connection is free again, rows
 * are still being decoded. cancelling: the caller has been answered, the server has not. ended: the promise has settled
 * and nothing is on its way.
 */
export type CallState = 'waiting' | 'sent' | 'reading' | 'cancelling' | 'ended';

/** Who has the call: the queue it waits in, then the holder of the connection it runs on. */
export interface CallHome {
  /** Others run on the connection too. */
  readonly shared: boolean;
  /** The session cannot write: whatever happens, nothing is in doubt. */
  readonly readOnly: boolean;
  /** Whose connection it is, where somebody holds it for more than one statement. */
  readonly holder?: Budget | undefined;
  /** What it runs is inside a transaction. */
  readonly inTransaction?: boolean;
  /** Instant at which the statement before it left the connection: what a call costs is counted from there. */
  readonly freeSince: number;
  /**
   * Time is over, or a signal aborted, before it was sent: forget it. Returns what the caller is to hear; undefined where
   * the wait is another's (the pool's queue) and is ended by him.
   */
  withdraw(call: AnyCall): DatabaseError | undefined;
  /** It failed. True: it runs again, or will; the caller is told nothing. The connection has been given back then. */
  recovers(call: AnyCall, error: DatabaseError, usable: boolean): boolean;
  /** It is being cancelled at the server, who may hit whatever runs on that connection. `left` follows. */
  cancelling(call: AnyCall): void;
  /** Nothing of it is on the connection any more. `usable` false: the connection is lost, or would not end it. */
  left(call: AnyCall, usable: boolean, now: number): void;
}

export type AnyCall = StatementCall<unknown>;

export abstract class StatementCall<R> extends Expiring implements ResultSink, ListedCall {
  readonly context: CallContext;
  readonly statement: Statement;
  readonly budget: Budget;
  readonly profile: StatementProfile | undefined;
  readonly promise: Promise<R>;
  /** Its result is read while it comes, or its data are sent: of a size that nobody knows. */
  readonly streamed: boolean = false;
  /** A question can travel behind it. */
  readonly carries: boolean = false;
  state: CallState = 'waiting';
  options: SendOptions;
  readonly harmless: boolean;
  readonly idempotent: boolean;
  readonly writes: boolean;
  trailing: Trailing | undefined = undefined;
  /** Times it was run again because its connection was lost. */
  retries = 0;
  statementTimeoutMs: number;
  readonly transactionTimeoutMs: number | undefined;
  #preludeMayGo: boolean;
  home: CallHome | undefined = undefined;
  /** Of a call that has a connection of its own. */
  lease: Lease<Connection> | undefined = undefined;
  /** On the clock. */
  sentAt = 0;
  /** Where it was to run; see LeaseWish. */
  place: string | undefined = undefined;
  readonly lane: Lane | undefined;
  /** It was sent on. */
  connection: Connection | undefined = undefined;
  /** @internal Links of the list. */
  listed = false;
  /** @internal */
  earlier: ListedCall | undefined = undefined;
  /** @internal */
  later: ListedCall | undefined = undefined;
  /** It was refused by a server that had become read-only: nothing was done, and another may do it. */
  demoted = false;
  /** What its home reckons it will cost, milliseconds. */
  expectedMs = 0;
  protected execution: Execution | undefined = undefined;
  /** `unknown`, so that a call of any result is an AnyCall. */
  #resolve!: (result: unknown) => void;
  #reject!: (error: unknown) => void;
  #onAbort: (() => void) | undefined;

  constructor(context: CallContext, options: CallOptions) {
    super();
    this.context = context;
    this.statement = options.statement;
    this.budget = options.budget;
    this.options = options.send;
    this.harmless = options.harmless;
    this.idempotent = options.idempotent === true;
    this.writes = options.writes === true;
    this.statementTimeoutMs = options.statementTimeoutMs;
    this.transactionTimeoutMs = options.transactionTimeoutMs;
    this.#preludeMayGo = options.preludeMayGo === true;
    this.profile = options.profile;
    this.lane = options.lane;
    this.promise = new Promise<R>((resolve, reject) => {
      this.#resolve = resolve as (result: unknown) => void;
      this.#reject = reject;
    });
  }

  /** A chunk of the result, in state `sent`; answer with `this.execution?.taken()` when it is read. Must not throw. */
  protected abstract receive(chunk: ResultChunk): void;

  /** The result is whole. Not yet: undefined, and `deliver` later. @throws what the caller is to hear */
  protected abstract complete(end: ResultEnd, now: number): R | undefined;

  /** Nobody waits for the result any more: drop what is here. */
  protected abstract drop(): void;

  /** Nobody has seen anything of its result. */
  get repeatable(): boolean {
    return true;
  }

  /** From now on its deadline and signals end it. @param until where the wait has a limit of its own: the earlier counts */
  watch(home: CallHome, now: number, until = Infinity): void {
    this.home = home;
    this.context.calls.add(this);
    const { deadline, signals } = this.budget;
    this.context.deadlines.add(this, until < deadline ? until : deadline, now);
    if (signals.length === 0 || this.#onAbort !== undefined) return;
    this.#onAbort = () => this.#over('signal');
    for (const signal of signals) signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Sends it. Only while it waits. @param now a reading of the clock, not older than a turn */
  send(connection: Connection, home: CallHome, now: number): void {
    this.state = 'sent';
    this.sentAt = now;
    this.connection = connection;
    this.watch(home, now);
    this.context.trace.execute(home.holder ?? this.budget, this.budget, connection, this.statement.text, home.shared);
    const execution = this.start(connection);
    this.execution = execution;
  }

  protected start(connection: Connection): Execution {
    const { statement, options, trailing } = this;
    if (trailing !== undefined) return executeWith(trailing, connection, statement, options.own, this);
    return connection.execute(statement, this.home?.shared === true ? options.shared : options.own, this);
  }

  /** It will not be sent. */
  refuse(error: unknown): void {
    if (this.state !== 'waiting') return;
    this.#end();
    this.#unwatch();
    this.#reject(error);
  }

  /** True for one that failed because of its prelude, as VACUUM does: it may be sent again, now without. */
  standAlone(error: DatabaseError): boolean {
    if (error.sqlState !== '25001' || !this.#preludeMayGo) return false;
    if (this.profile !== undefined) this.profile.alone = true;
    this.#preludeMayGo = false;
    this.statementTimeoutMs = this.context.limits.statementTimeoutMs;
    this.options = sendOptions({ ...this.options.own, prelude: undefined });
    return true;
  }

  /** Its reader has left, or the databases are closing: as at a deadline, with an error of the caller's own. */
  cancel(reason: CancelReason, error: DatabaseError): void {
    if (this.state === 'waiting') {
      this.home?.withdraw(this);
      return this.refuse(error);
    }
    if (this.state === 'sent' || this.state === 'reading') this.#cut(error, reason);
  }

  expire(): void {
    this.#over('deadline');
  }

  chunk(chunk: ResultChunk): void {
    if (this.state === 'sent') this.receive(chunk);
    else this.execution?.taken();
  }

  end(end: ResultEnd): void {
    if (this.state !== 'sent') return this.#late();
    const now = this.context.clock.now();
    const home = this.home as CallHome;
    this.state = 'reading';
    // It cannot have been begun before it arrived, nor before the one in front of it was through.
    const begun = Math.max(this.sentAt + this.context.roundTrip.ms, home.freeSince);
    this.profile?.measured(Math.max(0, now - begun), end.bytes);
    this.#tellResult();
    home.left(this, true, now);
    this.context.answered();
    try {
      const result = this.complete(end, now);
      if (result !== undefined) this.deliver(result);
    } catch (error) {
      this.fault(error);
    }
  }

  fail(error: DatabaseError): void {
    if (this.state !== 'sent') return isAnswer(error) ? this.#late() : undefined;
    if (error.code === 'DB_RESULT_TOO_LARGE') return void this.#endAfterLimit(error);
    this.#failed(error, !isEndOfConnection(error));
  }

  /** The whole result, once. */
  protected deliver(result: R): void {
    if (this.state !== 'reading') return;
    this.#end();
    this.#unwatch();
    this.#resolve(result);
  }

  /** The result cannot be made: the caller's codec threw, say. The connection has nothing to do with it. */
  protected fault(error: unknown): void {
    if (this.state !== 'reading') return;
    this.#end();
    this.#unwatch();
    this.#reject(this.#explained(error));
  }

  /** Runs it again from the beginning. */
  protected rewind(): void {
    this.drop();
    this.state = 'waiting';
    this.execution = undefined;
  }

  #failed(error: DatabaseError, usable: boolean): void {
    const home = this.home as CallHome;
    this.rewind();
    if (home.recovers(this, error, usable)) return;
    this.#end();
    this.#unwatch();
    this.#tellResult(error);
    home.left(this, usable, this.context.clock.now());
    if (isAnswer(error)) this.context.answered();
    this.#reject(this.#explained(error));
  }

  /** The connection cancels what crossed a limit; it is free when that cancel can hit nobody any more. */
  async #endAfterLimit(error: DatabaseError): Promise<void> {
    this.state = 'cancelling';
    this.#unwatch();
    this.#tellResult(error);
    this.home?.cancelling(this);
    this.#reject(this.#explained(error));
    this.context.answered();
    this.drop();
    await this.#cancelWithin('limit');
  }

  #over(reason: 'deadline' | 'signal'): void {
    if (this.state === 'waiting') {
      const error = this.home?.withdraw(this);
      if (error !== undefined) this.refuse(error);
    } else if (this.state === 'sent' || this.state === 'reading') {
      const ended = reason === 'signal' ? this.budget.cancelled() : this.budget.exceeded('execute');
      this.#cut(this.#safe || this.state === 'reading' ? ended : mayHaveHappened(ended), reason);
    }
  }

  /** The caller is answered now; the server is asked to stop, and the connection kept until it has. */
  #cut(error: DatabaseError, reason: CancelReason): void {
    const running = this.state === 'sent';
    if (running) this.state = 'cancelling';
    else this.#end();
    this.#unwatch();
    this.drop();
    if (running) {
      this.#tellResult(error);
      this.home?.cancelling(this);
      void this.#cancelWithin(reason);
    }
    this.#reject(error);
  }

  /** Its caller has been answered. That the server lives is news for those whose cancels are still waited for. */
  #late(): void {
    if (this.state === 'cancelling') this.context.answered();
  }

  async #cancelWithin(reason: CancelReason): Promise<void> {
    const { context } = this;
    const { clock } = context;
    const patience = { clock, limitMs: context.limits.cancelTimeoutMs, answers: () => context.answers };
    // Undefined only within `start`, of a connection that answers before it returns.
    const settled = this.execution?.cancel(reason) ?? Promise.resolve();
    const usable = await settledInTime(settled, patience);
    this.#end();
    this.home?.left(this, usable, clock.now());
  }

  #explained(error: unknown): DatabaseError {
    const { context, statementTimeoutMs, sentAt, demoted } = this;
    const elapsedMs = context.clock.now() - sentAt;
    const facts = { database: context.database, statementTimeoutMs, elapsedMs, harmless: this.#safe };
    return explain(error, { ...facts, demoted, attempt: this.retries + 1 });
  }

  get #safe(): boolean {
    return this.harmless || this.home?.readOnly === true;
  }

  #end(): void {
    this.state = 'ended';
    this.context.calls.remove(this);
  }

  /** The caller is being answered. */
  #tellResult(error?: DatabaseError): void {
    const { context, budget, home, sentAt } = this;
    if (!context.trace.hearsResults) return;
    context.trace.result(home?.holder ?? budget, budget, context.clock.now() - sentAt, error?.code);
  }

  #unwatch(): void {
    this.context.deadlines.remove(this);
    if (this.#onAbort === undefined) return;
    for (const signal of this.budget.signals) signal.removeEventListener('abort', this.#onAbort);
    this.#onAbort = undefined;
  }
}
