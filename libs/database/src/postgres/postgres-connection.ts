// The Connection port on a socket of this thread, speaking the protocol itself: what can be asked, as flights of its
// session. How flights travel is the session's matter.
import type { Socket } from 'node:net';
import type {
  Connection,
  ConnectionCapabilities,
  ConnectionInfo,
  NotificationListener,
  ResetMode,
  SessionUsage,
  StepContext,
  TransactionStatus,
} from '../connection/connection.js';
import { NO_LIMITS } from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import type { BatchPart, ExecuteOptions, Execution, Limits, ResultSink } from '../connection/execution.js';
import type { SessionTouch } from '../query/statement-class.js';
import { command, type Statement } from '../query/statement.js';
import type { CancelTarget } from './cancel.js';
import { CopyExchange } from './copy-exchange.js';
import { CursorExchange } from './cursor-exchange.js';
import { PingExchange } from './ping-exchange.js';
import { LOOK, probeSession, TransactionSettings } from './pooler.js';
import { PreparedStatements } from './prepared-statements.js';
import { resetCommands } from './session-reset.js';
import { StatementExchange } from './statement-exchange.js';
import { StatementPart } from './statement-part.js';
import { WireSession, type WireSessionOptions } from './wire-session.js';

export interface PostgresConnectionOptions extends WireSessionOptions {
  readonly info: ConnectionInfo;
  readonly capabilities: ConnectionCapabilities;
}

export class PostgresConnection implements Connection {
  info: ConnectionInfo;
  capabilities: ConnectionCapabilities;
  readonly cancelTarget: CancelTarget;
  readonly #session: WireSession;
  #settings = new TransactionSettings({});
  /** The server was told to look for its client while it works; a reset forgets that. */
  #looks = false;

  /** @param socket past the handshake, nobody reading from it @param rest what came behind the handshake */
  constructor(socket: Socket, rest: Buffer, options: PostgresConnectionOptions) {
    this.info = options.info;
    this.capabilities = options.capabilities;
    this.cancelTarget = options.cancelTarget;
    this.#session = new WireSession(socket, rest, options);
  }

  /**
   * Asks once whether a pooler stands on the way, and adapts. @param left settings that a pooler may not have taken at
   * startup @param refused it said that it has not @param askRole the server is to say what it is, even if it did not by itself
   * @internal
   */
  async probe(
    left: Readonly<Record<string, string>>,
    refused: boolean,
    askRole: boolean,
    context: StepContext,
  ): Promise<void> {
    const abort = (): void => void this.#session.destroy();
    context.signal.addEventListener('abort', abort, { once: true });
    try {
      const found = await probeSession(this.#session, this.info.processId, askRole);
      this.capabilities = { ...this.capabilities, ...found.capabilities };
      if (!found.capabilities.prepared) this.#session.prepared = new PreparedStatements(0);
      this.#looks = found.looks;
      // What a pooler said at its startup is of some server and some time.
      const role = found.role ?? (found.pooler ? undefined : this.info.role);
      const { role: _reported, ...info } = this.info;
      this.info = { ...info, ...(role ? { role } : {}), ...(found.pooler ? { pooler: found.pooler } : {}) };
      if (found.pooler || refused) this.#settings = new TransactionSettings(left);
    } catch (error) {
      void this.#session.destroy();
      throw error;
    } finally {
      context.signal.removeEventListener('abort', abort);
    }
  }

  get inFlight(): number {
    return this.#session.inFlight;
  }

  get transactionStatus(): TransactionStatus {
    return this.#session.status;
  }

  get touched(): ReadonlySet<SessionTouch> {
    return this.#session.touched;
  }

  get usage(): SessionUsage {
    return this.#session.usage;
  }

  execute(statement: Statement, options: ExecuteOptions, sink: ResultSink): Execution {
    const { form, limits, prelude, prepare, shared = false, fetchRows, copy } = options;
    const session = this.#session;
    const main = new StatementPart(statement, prepare, form, sink);
    const before = this.#session.status === 'I' ? this.#settings.in(prelude, statement) : prelude;
    const parts = before ? [...silent(before), main] : [main];
    if (copy) return session.submit(new CopyExchange(session, parts, limits, copy));
    if (fetchRows) return session.submit(new CursorExchange(session, parts, limits, fetchRows));
    return session.submit(new StatementExchange(session, parts, limits, shared));
  }

  batch(parts: readonly BatchPart[], limits: Limits): Execution {
    const [first] = parts;
    const before = first && this.#session.status === 'I' ? this.#settings.in(undefined, first.statement) : undefined;
    const asked = parts.map(({ statement, prepare, sink }) => new StatementPart(statement, prepare, 'rows', sink));
    const all = before ? [...silent(before), ...asked] : asked;
    return this.#session.submit(new StatementExchange(this.#session, all, limits, false));
  }

  onNotification(listener: NotificationListener | undefined): void {
    this.#session.listener = listener;
  }

  async reset(mode: ResetMode, context: StepContext): Promise<void> {
    if (this.#session.status !== 'I') await this.#commands(['rollback'], context);
    const commands = resetCommands(mode, this.#session.touched);
    if (commands.length === 0) return;
    await this.#commands(this.#looks ? [...commands, LOOK] : commands, context);
    this.#session.touched.clear();
    this.#session.listener = undefined;
  }

  async ping(context: StepContext): Promise<void> {
    const done = deferred<void>();
    const ping = new PingExchange(this.#session, (error) => (error ? done.reject(error) : done.resolve()));
    await this.#within(this.#session.submit(ping), done.promise, context);
  }

  async close(context: StepContext): Promise<void> {
    const session = this.#session;
    if (session.gone) return;
    session.refuseAll();
    // It has ended by itself, and its end is about to be told: nothing in flight is cut off by us.
    if (session.ended) return session.closed;
    const force = (): void => void session.destroy();
    const timer = setTimeout(force, context.budgetMs);
    context.signal.addEventListener('abort', force, { once: true });
    try {
      if (context.signal.aborted) force();
      await session.leave();
      await session.closed;
    } finally {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', force);
    }
  }

  async #commands(texts: readonly string[], context: StepContext): Promise<void> {
    const done = deferred<void>();
    const sinks = texts.map((_, index): ResultSink => ({
      chunk: () => {},
      end: () => void (index === texts.length - 1 && done.resolve()),
      fail: (error) => done.reject(error),
    }));
    // Behind DISCARD ALL nothing stays prepared.
    const parts = texts.map((text, index) => new StatementPart(command(text), text !== LOOK, 'rows', sinks[index]));
    await this.#within(
      this.#session.submit(new StatementExchange(this.#session, parts, NO_LIMITS, false)),
      done.promise,
      context,
    );
  }

  async #within(execution: Execution, done: Promise<void>, context: StepContext): Promise<void> {
    const abort = (): void => void execution.cancel('shutdown');
    context.signal.addEventListener('abort', abort, { once: true });
    if (context.signal.aborted) abort();
    try {
      await done;
    } finally {
      context.signal.removeEventListener('abort', abort);
    }
  }
}

/** Nobody wants to know what they answer; if one fails, the statement behind it hears of it. */
function silent(statements: readonly Statement[]): readonly StatementPart[] {
  return statements.map((statement) => new StatementPart(statement, true, 'rows', undefined));
}
