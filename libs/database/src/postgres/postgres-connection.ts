// The Connection port on a socket of this thread, with pg speaking the protocol. Statements queue here and go out one at
// a time; nothing settles before ReadyForQuery; a cancelled statement holds the line until no cancel can hit another.
import type {
  Connection,
  ConnectionCapabilities,
  ConnectionEvents,
  ConnectionInfo,
  ResetMode,
  StepContext,
  TransactionStatus,
} from '../connection/connection.js';
import { NO_LIMITS } from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import type { CancelReason, Execution, Limits } from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { SessionTouch } from '../query/statement-class.js';
import { command, type Statement } from '../query/statement.js';
import { sendCancel, type CancelTarget } from './cancel.js';
import { connectionLost } from './error.mapper.js';
import { PgExecution } from './pg-execution.js';
import type { PgClient } from './pg-internals.js';

/** A cancel is repeated until it is answered: one that overtakes its statement finds the server idle and does nothing. */
const CANCEL_REPEAT_MS = 200;
/** A cancel socket that is not answered is given up after this time. */
const CANCEL_SOCKET_MS = 2_000;

export class PostgresConnection implements Connection {
  readonly capabilities: ConnectionCapabilities = { pipelineDepth: 1 };
  readonly #client: PgClient;
  readonly #queue: PgExecution[] = [];
  readonly #touched = new Set<SessionTouch>();
  readonly #closed = deferred<void>();
  #current: PgExecution | undefined;
  #cancelling: Promise<void> | undefined;
  #wakeCancel: (() => void) | undefined;
  #status: TransactionStatus = 'I';
  #lost: DatabaseError | undefined;
  #closing = false;
  #lastError: Error | undefined;

  /** @param client connected; its permanent error listener is this object's from here on */
  constructor(
    client: PgClient,
    readonly info: ConnectionInfo,
    readonly database: string,
    readonly cancelTarget: CancelTarget,
    events: ConnectionEvents,
  ) {
    this.#client = client;
    const { connection: wire } = client.internals;
    client.on('error', (error) => (this.#lastError ??= error));
    wire.on('readyForQuery', ({ status }: { status: TransactionStatus }) => this.#ready(status));
    wire.once('end', () => this.#end(events));
  }

  get inFlight(): number {
    return this.#queue.length + (this.#current ? 1 : 0);
  }

  get transactionStatus(): TransactionStatus {
    return this.#status;
  }

  get touched(): ReadonlySet<SessionTouch> {
    return this.#touched;
  }

  execute(statement: Statement, limits: Limits): Execution {
    return this.#enqueue(new PgExecution(statement, limits, this));
  }

  async reset(mode: ResetMode, context: StepContext): Promise<void> {
    if (this.#status !== 'I') await this.#command('rollback', context);
    if (mode === 'discard-all' || (mode === 'smart' && this.#touched.size > 0)) {
      await this.#command('discard all', context);
      this.#touched.clear();
    }
  }

  async ping(context: StepContext): Promise<void> {
    await this.#within(this.#enqueue(new PgExecution(undefined, NO_LIMITS, this)), context);
  }

  async close(context: StepContext): Promise<void> {
    if (this.#lost) return;
    this.#closing = true;
    for (const queued of this.#queue.splice(0)) queued.abandon(closing(this.database));
    const force = (): void => void this.#client.internals.connection.stream.destroy();
    const timer = setTimeout(force, context.budgetMs);
    context.signal.addEventListener('abort', force, { once: true });
    try {
      // A cancel that has had its time and was not answered will not be: there is nobody to say goodbye to.
      if (this.#cancelling) force();
      // A server does not see a closed socket while it works: the statement has to be stopped first.
      else if (this.#current) await Promise.race([this.cancel(this.#current, 'shutdown'), this.#closed.promise]);
      this.#client.end().catch(() => {});
      await this.#closed.promise;
    } finally {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', force);
    }
  }

  /** @internal For PgExecution. */
  cancel(execution: PgExecution, reason: CancelReason): Promise<void> {
    if (execution.settled || this.#lost) return Promise.resolve();
    const queued = this.#queue.indexOf(execution);
    if (queued >= 0) {
      this.#queue.splice(queued, 1);
      execution.abandon(cancelled(this.database));
      return Promise.resolve();
    }
    execution.cancelReason ??= reason;
    execution.discard();
    this.#cancelling ??= this.#cancelUntilAnswered(execution).finally(() => {
      this.#cancelling = undefined;
      if (this.#lost) return;
      this.#current = undefined;
      execution.settle();
      this.#pump();
    });
    return this.#cancelling;
  }

  async #cancelUntilAnswered(execution: PgExecution): Promise<void> {
    while (!execution.answered && !this.#lost) {
      const outcome = await sendCancel(this.cancelTarget, CANCEL_SOCKET_MS);
      if (outcome === 'loose') {
        // It may arrive at any time and stop somebody else's statement: nobody may be behind it.
        this.#client.internals.connection.stream.destroy();
        await this.#closed.promise;
      } else if (!execution.answered && !this.#lost) {
        await Promise.race([new Promise<void>((resolve) => (this.#wakeCancel = resolve)), delay(CANCEL_REPEAT_MS)]);
      }
    }
  }

  #enqueue(execution: PgExecution): PgExecution {
    if (this.#lost) execution.abandon(connectionLost(this.database, false, this.#lost));
    else if (this.#closing) execution.abandon(closing(this.database));
    else {
      this.#queue.push(execution);
      this.#pump();
    }
    return execution;
  }

  #pump(): void {
    if (this.#current || this.#cancelling || this.#closing || this.#lost) return;
    const next = this.#queue.shift();
    if (!next) return;
    this.#current = next;
    for (const touch of next.statement?.touches ?? []) this.#touched.add(touch);
    try {
      this.#client.query(next as never);
    } catch (error) {
      // What is on the wire now is anybody's guess.
      this.#current = undefined;
      next.abandon(connectionLost(this.database, true, error));
      this.#client.internals.connection.stream.destroy();
    }
  }

  #ready(status: TransactionStatus): void {
    this.#status = status;
    const answered = this.#current;
    if (answered) answered.answered = true;
    this.#wakeCancel?.();
    // While a cancel is on its way the statement keeps the connection: whoever came next would be hit by it.
    if (this.#cancelling) return;
    this.#current = undefined;
    answered?.settle();
    this.#pump();
  }

  /** The socket is closed. Whatever was sent may have been done; whatever was not, was not. */
  #end(events: ConnectionEvents): void {
    const reason = this.#lastError ?? new Error('the server closed the connection');
    this.#lost = connectionLost(this.database, false, reason);
    const sent = this.#current;
    this.#current = undefined;
    sent?.abandon(connectionLost(this.database, true, reason));
    for (const queued of this.#queue.splice(0)) queued.abandon(connectionLost(this.database, false, reason));
    this.#closed.resolve();
    this.#wakeCancel?.();
    events.lost(this.#lost);
  }

  #command(text: string, context: StepContext): Promise<void> {
    return this.#within(this.execute(command(text), NO_LIMITS), context);
  }

  async #within(execution: Execution, context: StepContext): Promise<void> {
    const abort = (): void => void execution.cancel('shutdown');
    context.signal.addEventListener('abort', abort, { once: true });
    try {
      await execution.end;
    } finally {
      context.signal.removeEventListener('abort', abort);
    }
  }
}

function cancelled(database: string): DatabaseError {
  return databaseError({ code: 'DB_CANCELLED', message: `${database}: cancelled before it was sent`, database });
}

function closing(database: string): DatabaseError {
  return databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
