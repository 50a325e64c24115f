// A connection that somebody holds for more than one statement: what a lease and a transaction have in common. It runs
// their statements in the order of the calls, one after the other, and is given back once, when nothing of theirs is on
// its way any more. One statement at a time: the next may depend on what the deadline does to the one before.
import type { Lease } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { Statement } from '../query/statement.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import { HeldPrelude } from './held-prelude.js';
import { releasedError } from './pool-errors.js';
import type { AnyCall, CallHome, StatementCall } from './statement-call.js';
import type { CommitWitness } from './transaction/commit-witness.js';
import type { Level } from './transaction/level.js';

interface Turn {
  readonly level: Level | undefined;
  readonly opens: Level | undefined;
}

export class HeldConnection implements CallHome {
  readonly shared = false;
  readonly readOnly = false;
  freeSince = 0;
  readonly #context: CallContext;
  readonly #lease: Lease<Connection>;
  readonly #onDirty: () => void;
  /** With the level that each belongs to, and the one that it opens. */
  readonly #waiting = new Map<AnyCall, Turn>();
  /** Whose calls may run: those of a savepoint keep those around it waiting. */
  #turn: Level | undefined;
  #abandoned: { readonly level: Level; readonly error: DatabaseError } | undefined;
  #witness: CommitWitness | undefined;
  #running: AnyCall | undefined;
  /** Of what runs. */
  #level: Level | undefined;
  /** Its caller was told that it failed, before the server had said so. */
  #cut: AnyCall | undefined;
  #usable = true;
  #released: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  readonly #prelude: HeldPrelude;
  /** The holder has asked for a transaction that does not write. */
  #writes = true;

  /**
   * @param onDirty it is given back inside an open transaction
   * @param holder of whoever asked for it, for reports and events
   */
  constructor(
    context: CallContext,
    lease: Lease<Connection>,
    onDirty: () => void,
    readonly holder?: Budget,
  ) {
    this.#context = context;
    this.#lease = lease;
    this.#onDirty = onDirty;
    this.#prelude = new HeldPrelude(context.limits.statementTimeoutMs);
  }

  /** A statement in front of the next one, in the same flight: an error of it is that one's error. */
  openWith(statement: Statement): void {
    this.#prelude.openWith(statement);
    this.#writes = !/\bread only\b/.test(statement.text);
  }

  /** Behind the first statement that may write it asks what it wants to know. */
  watchCommit(witness: CommitWitness): void {
    this.#witness = witness;
  }

  get connection(): Connection | undefined {
    return this.#connection();
  }

  /** Lost, or would not end a statement: nothing can be sent on it any more. */
  get lost(): boolean {
    return !this.#usable;
  }

  /** From now on only calls of that level run; others wait for their level's turn, each on its own time. */
  turnTo(level: Level): void {
    if (this.#abandoned === undefined) this.#turn = level;
    this.#next();
  }

  /**
   * All of it is being undone: what waits is refused and what runs is cut, for it holds locks and nobody will have it. Only calls
   * of `level` are taken from now on; one of a savepoint that is open still would run behind the ROLLBACK, outside of any transaction.
   */
  abandon(level: Level, error: DatabaseError): void {
    this.#abandoned = { level, error };
    for (const [call] of this.#waiting) call.refuse(error);
    this.#waiting.clear();
    this.#running?.cancel('signal', error);
    this.#turn = level;
  }

  /** The opening statement has been taken along, or there was none. */
  get opened(): boolean {
    return this.#prelude.opened;
  }

  /**
   * Statements run in the order of the calls. One whose time is over before its turn was never sent: nothing is in doubt.
   * Rejects with DB_RELEASED, DB_CLOSING, DB_CONNECTION_LOST, and with what the statement came to.
   * @param opens the level whose turn it is as soon as the statement has been sent: a SAVEPOINT's
   */
  run<R>(call: StatementCall<R>, level?: Level, opens?: Level): Promise<R> {
    const each: AnyCall = call;
    const abandoned = this.#abandoned;
    if (abandoned !== undefined && level !== abandoned.level) call.refuse(abandoned.error);
    else if (this.#released) call.refuse(releasedError(this.#context.database));
    else if (this.#running === undefined && level === this.#turn) this.#send(each, { level, opens });
    else {
      this.#waiting.set(each, { level, opens });
      call.watch(this, this.#context.clock.now());
    }
    return call.promise;
  }

  /** Waits for what was sent (each statement has its own deadline), then gives back or gives up. Idempotent. */
  release(): Promise<void> {
    return (this.#released ??= this.#giveBack());
  }

  /** A savepoint has been rolled back, and with it what was set behind it. */
  settingsUndone(): void {
    this.#prelude.undone();
  }

  get inTransaction(): boolean {
    return (this.#connection()?.transactionStatus ?? 'I') !== 'I';
  }

  withdraw(call: AnyCall): DatabaseError {
    this.#waiting.delete(call);
    return call.budget.ended('acquire');
  }

  recovers(call: AnyCall, error: DatabaseError, usable: boolean): boolean {
    const connection = this.#connection();
    // Not run again: what came before it in the transaction is gone. The error says that the whole may be.
    if (usable && this.#writes) this.#context.demotion.noticed(call, error, connection);
    if (!usable || connection?.transactionStatus !== 'I' || !call.standAlone(error)) return false;
    call.send(connection, this, this.#context.clock.now());
    return true;
  }

  cancelling(call: AnyCall): void {
    // Its own statements wait until it has left.
    this.#cut = call;
  }

  left(call: AnyCall, usable: boolean, now: number): void {
    this.#usable &&= usable;
    this.freeSince = now;
    this.#running = undefined;
    const connection = this.#connection();
    this.#prelude.left(call, connection?.transactionStatus);
    // The cancel came too late for it: it was done, and its caller heard that it was not.
    if (this.#cut === call && call.writes && usable && connection?.transactionStatus === 'T') {
      this.#level?.doom('a statement that was given up has been done all the same');
    }
    this.#cut = undefined;
    this.#next();
    if (this.#running === undefined) this.#onIdle?.();
  }

  #next(): void {
    for (const [next, { level, opens }] of this.#waiting) {
      if (this.#running !== undefined) return;
      if (level !== this.#turn) continue;
      this.#waiting.delete(next);
      this.#send(next, { level, opens });
    }
  }

  #send(call: AnyCall, { level, opens }: Turn): void {
    const now = this.#context.clock.now();
    if (call.budget.aborted !== undefined || now >= call.budget.deadline) {
      return call.refuse(call.budget.ended('acquire'));
    }
    const connection = this.#connection();
    if (connection === undefined || !this.#usable) return call.refuse(this.#whyNot());
    this.#running = call;
    this.#level = level;
    if (opens !== undefined) this.#turn = opens;
    this.#prelude.addTo(call);
    if (call.writes) this.#addQuestion(call);
    call.send(connection, this, now);
  }

  #addQuestion(call: AnyCall): void {
    const witness = this.#witness;
    if (witness === undefined) return;
    if (call.carries) call.trailing = witness.trailing;
    else witness.missed = true;
  }

  async #giveBack(): Promise<void> {
    if (this.#running !== undefined) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    // Of levels that have no turn any more.
    for (const [call] of this.#waiting) call.refuse(releasedError(this.#context.database));
    this.#waiting.clear();
    this.#tellReturn();
    if (!this.#usable) return this.#lease.discard('broken');
    if (this.inTransaction) this.#onDirty();
    await this.#lease.release();
  }

  #tellReturn(): void {
    if (this.holder === undefined) return;
    const { trace } = this.#context;
    trace.release(this.holder, this.#connection());
    trace.return(this.holder, this.#connection(), this.#usable);
  }

  /** Undefined when the pool has taken it back meanwhile, at its shutdown. */
  #connection(): Connection | undefined {
    try {
      return this.#lease.resource;
    } catch {
      return undefined;
    }
  }

  #whyNot(): DatabaseError {
    const { database } = this.#context;
    if (!this.#usable) {
      const message = `${database}: the connection was lost, or did not answer a cancel; take a new one`;
      return databaseError({ code: 'DB_CONNECTION_LOST', message, database });
    }
    // Not by us: the pool takes connections back when its shutdown has waited long enough.
    return databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database });
  }
}
