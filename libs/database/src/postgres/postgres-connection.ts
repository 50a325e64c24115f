// The Connection port on a socket of this thread, speaking the protocol itself. Flights are written in the order of the
// calls and leave once a tick; nothing settles before its ReadyForQuery; while a cancel is on its way nothing new is sent.
import type { Socket } from 'node:net';
import {
  BackendReader,
  FrontendWriter,
  Pipeline,
  type ServerMessage,
  type SessionListener,
  type SessionStatus,
  type TypeMap,
} from '@hydrogen/wire';
import type {
  Connection,
  ConnectionCapabilities,
  ConnectionEvents,
  ConnectionInfo,
  NotificationListener,
  ResetMode,
  StepContext,
  TransactionStatus,
} from '../connection/connection.js';
import { NO_LIMITS } from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import type {
  BatchPart,
  CancelReason,
  ExecuteOptions,
  Execution,
  Limits,
  ResultSink,
} from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { SessionTouch } from '../query/statement-class.js';
import { command, type Statement } from '../query/statement.js';
import { CancelWindow, type CancelOwner } from './cancel-window.js';
import type { CancelTarget } from './cancel.js';
import { CopyExchange } from './copy-exchange.js';
import { CursorExchange } from './cursor-exchange.js';
import { connectionLost, protocolBroken } from './error.mapper.js';
import { PingExchange } from './ping-exchange.js';
import { probeSession, TransactionSettings } from './pooler.js';
import { PreparedStatements } from './prepared-statements.js';
import type { Destination } from './result-collector.js';
import { resetCommands } from './session-reset.js';
import { StatementExchange, type ExchangeOwner } from './statement-exchange.js';
import { StatementPart } from './statement-part.js';

export interface PostgresConnectionOptions {
  readonly database: string;
  readonly info: ConnectionInfo;
  readonly capabilities: ConnectionCapabilities;
  readonly cancelTarget: CancelTarget;
  readonly types: TypeMap;
  readonly destination: Destination;
  readonly preparedCacheSize: number;
  readonly events: ConnectionEvents;
}

export class PostgresConnection implements Connection, ExchangeOwner, SessionListener, CancelOwner {
  info: ConnectionInfo;
  capabilities: ConnectionCapabilities;
  readonly database: string;
  readonly cancelTarget: CancelTarget;
  readonly types: TypeMap;
  readonly destination: Destination;
  readonly writer = new FrontendWriter();
  prepared: PreparedStatements;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #pipeline = new Pipeline(this);
  readonly #reader = new BackendReader(this.#pipeline);
  readonly #window = new CancelWindow(this);
  /** Accepted, not written: a cancel is on its way, or they were hit by one. */
  #held: StatementExchange[] = [];
  readonly #touched = new Set<SessionTouch>();
  #settings = new TransactionSettings({});
  readonly #closed = deferred<void>();
  #listener: NotificationListener | undefined;
  #status: TransactionStatus = 'I';
  #lost: DatabaseError | undefined;
  #closing = false;
  #flushing = false;
  /** Why the connection is about to end, as far as it has said so. */
  #reason: Error | ServerMessage | undefined;
  #broken = false;

  /** @param socket past the handshake, nobody reading from it @param rest what came behind the handshake */
  constructor(socket: Socket, rest: Buffer, options: PostgresConnectionOptions) {
    this.#socket = socket;
    this.info = options.info;
    this.capabilities = options.capabilities;
    this.database = options.database;
    this.cancelTarget = options.cancelTarget;
    this.types = options.types;
    this.destination = options.destination;
    this.prepared = new PreparedStatements(options.capabilities.prepared ? options.preparedCacheSize : 0);
    this.#events = options.events;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => (this.#reason ??= error));
    socket.on('close', () => this.#end());
    if (rest.length > 0) this.#read(rest);
    socket.resume();
  }

  /**
   * Asks once whether a pooler stands on the way, and adapts. @param left settings that a pooler may not have taken at
   * startup @param refused it said that it has not
   * @internal
   */
  async probe(left: Readonly<Record<string, string>>, refused: boolean, context: StepContext): Promise<void> {
    const abort = (): void => void this.#socket.destroy();
    context.signal.addEventListener('abort', abort, { once: true });
    try {
      const found = await probeSession(this, (exchange) => this.#submit(exchange), this.info.processId);
      this.capabilities = { ...this.capabilities, ...found.capabilities };
      if (!found.capabilities.prepared) this.prepared = new PreparedStatements(0);
      if (found.pooler) this.info = { ...this.info, pooler: found.pooler };
      if (found.pooler || refused) this.#settings = new TransactionSettings(left);
    } catch (error) {
      this.#socket.destroy();
      throw error;
    } finally {
      context.signal.removeEventListener('abort', abort);
    }
  }

  get inFlight(): number {
    return this.#pipeline.size + this.#held.length + this.#window.waiting;
  }

  get transactionStatus(): TransactionStatus {
    return this.#status;
  }

  get touched(): ReadonlySet<SessionTouch> {
    return this.#touched;
  }

  execute(statement: Statement, options: ExecuteOptions, sink: ResultSink): Execution {
    const { form, limits, prelude, prepare, shared = false, fetchRows, copy } = options;
    const main = new StatementPart(statement, prepare, form, sink);
    const before = this.#status === 'I' ? this.#settings.in(prelude, statement) : prelude;
    const parts = before ? [...silent(before), main] : [main];
    if (copy) return this.#submit(new CopyExchange(this, parts, limits, copy));
    if (fetchRows) return this.#submit(new CursorExchange(this, parts, limits, fetchRows));
    return this.#submit(new StatementExchange(this, parts, limits, shared));
  }

  batch(parts: readonly BatchPart[], limits: Limits): Execution {
    const [first] = parts;
    const before = first && this.#status === 'I' ? this.#settings.in(undefined, first.statement) : undefined;
    const asked = parts.map(({ statement, prepare, sink }) => new StatementPart(statement, prepare, 'rows', sink));
    const all = before ? [...silent(before), ...asked] : asked;
    return this.#submit(new StatementExchange(this, all, limits, false));
  }

  onNotification(listener: NotificationListener | undefined): void {
    this.#listener = listener;
  }

  async reset(mode: ResetMode, context: StepContext): Promise<void> {
    if (this.#status !== 'I') await this.#commands(['rollback'], context);
    const commands = resetCommands(mode, this.#touched);
    if (commands.length === 0) return;
    await this.#commands(commands, context);
    this.#touched.clear();
    this.#listener = undefined;
  }

  async ping(context: StepContext): Promise<void> {
    const done = deferred<void>();
    const ping = new PingExchange(this, (error) => (error ? done.reject(error) : done.resolve()));
    await this.#within(this.#submit(ping), done.promise, context);
  }

  async close(context: StepContext): Promise<void> {
    if (this.#lost) return;
    this.#closing = true;
    for (const held of this.#held.splice(0)) held.abandon(closing(this.database));
    const force = (): void => void this.#socket.destroy();
    const timer = setTimeout(force, context.budgetMs);
    context.signal.addEventListener('abort', force, { once: true });
    try {
      if (context.signal.aborted) force();
      // A cancel that has had its time and was not answered will not be: there is nobody to say goodbye to.
      if (this.#window.open) force();
      // A server does not see a closed socket while it works: the statement has to be stopped first.
      else if (this.#pipeline.size > 0) {
        const all = this.#pipeline.waiting.map((each) => this.cancel(each as StatementExchange, 'shutdown'));
        await Promise.race([Promise.all(all), this.#closed.promise]);
      }
      this.writer.terminate();
      this.flush();
      this.#socket.end();
      await this.#closed.promise;
    } finally {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', force);
    }
  }

  // ── for its flights ──

  cancel(exchange: StatementExchange, reason: CancelReason): Promise<void> {
    if (exchange.settled || this.#lost) return Promise.resolve();
    const held = this.#held.indexOf(exchange);
    if (held >= 0) {
      this.#held.splice(held, 1);
      exchange.abandon(cancelled(this.database));
      return Promise.resolve();
    }
    // What the server waits for us with is ended by us; its answer is all there is to wait for.
    exchange.doom(reason);
    // It may have been waiting for its reader: what is left is read over.
    this.resume();
    return this.#window.add(exchange);
  }

  ready(exchange: StatementExchange, status: SessionStatus): void {
    this.#status = status;
    if (exchange.failure) this.#forgetPrepared(exchange);
    if (this.#window.ready(exchange)) return;
    if ((this.#window.open || exchange.exposed) && exchange.hit) this.#again(exchange);
    else if (status === 'I' && exchange.stale) this.#again(exchange);
    else exchange.settle();
  }

  broken(error: unknown): DatabaseError {
    this.#broken = true;
    this.#reason = error as Error;
    this.#socket.destroy();
    return this.#lostError(false);
  }

  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // After the microtasks: all that this turn's answers have led to leaves in one write.
    process.nextTick(() => this.flush());
  }

  flush(): void {
    this.#flushing = false;
    if (this.writer.size > 0 && this.#socket.writable) this.#socket.write(this.writer.take());
  }

  get writable(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  whenWritable(fn: () => void): void {
    this.#socket.once('drain', fn);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  // ── for its cancel window ──

  get current(): unknown {
    return this.#pipeline.current;
  }

  get gone(): boolean {
    return this.#lost !== undefined;
  }

  async destroy(): Promise<void> {
    this.#socket.destroy();
    await this.#closed.promise;
  }

  windowClosed(answered: readonly StatementExchange[]): void {
    // What the request has hit may be on its way to us still.
    for (const each of this.#pipeline.waiting) (each as StatementExchange).exposed = true;
    for (const exchange of answered) exchange.settle();
    if (this.#lost) return;
    const held = this.#held;
    this.#held = [];
    for (const exchange of held) this.#send(exchange);
  }

  // ── what the server says of its own ──

  notice(): void {}

  notification(channel: string, payload: string, processId: number): void {
    this.#listener?.(channel, payload, processId);
  }

  parameterStatus(): void {}

  sessionError(error: ServerMessage): void {
    this.#reason ??= error;
  }

  #submit(exchange: StatementExchange): StatementExchange {
    const gone = this.#lost !== undefined || this.#socket.destroyed;
    if (gone || this.#closing) {
      // In a later turn: its sender has not got it in hand yet.
      const error = gone ? this.#lostError(false) : closing(this.database);
      queueMicrotask(() => exchange.abandon(error));
    } else if (this.#window.open) this.#held.push(exchange);
    else this.#send(exchange);
    return exchange;
  }

  #send(exchange: StatementExchange): void {
    for (const { statement } of exchange.parts) for (const touch of statement.touches) this.#touched.add(touch);
    exchange.send();
    this.#pipeline.push(exchange);
    this.flushSoon();
  }

  #again(exchange: StatementExchange): void {
    exchange.restart();
    this.#submit(exchange);
  }

  /** What was not described was not parsed, or is gone: its name means nothing. */
  #forgetPrepared(exchange: StatementExchange): void {
    for (const { prepared, evicted } of exchange.parts) {
      if (evicted) this.prepared.keep(evicted);
      if (prepared && !prepared.described) this.prepared.forget(prepared, false);
    }
    const stale = exchange.stalePart?.prepared;
    if (stale) this.prepared.forget(stale, exchange.failure?.code === '0A000');
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      // What follows is anybody's guess.
      this.broken(error);
    }
  }

  /** The socket is closed. Whatever was sent may have been done; whatever was not, was not. */
  #end(): void {
    if (this.#lost) return;
    this.#lost = this.#lostError(false);
    for (const exchange of this.#pipeline.abandon() as readonly StatementExchange[]) {
      exchange.abandon(this.#lostError(exchange.doubtful));
    }
    for (const held of this.#held.splice(0)) held.abandon(this.#lostError(false));
    this.#closed.resolve();
    this.#window.wake();
    this.#events.lost(this.#lost);
  }

  /** A fresh one for each: every caller gives it a stack of his own. */
  #lostError(inDoubt: boolean): DatabaseError {
    const reason = this.#reason ?? new Error('the server closed the connection');
    return this.#broken
      ? protocolBroken(this.database, inDoubt, reason)
      : connectionLost(this.database, inDoubt, reason);
  }

  async #commands(texts: readonly string[], context: StepContext): Promise<void> {
    const done = deferred<void>();
    const sinks = texts.map((_, index): ResultSink => ({
      chunk: () => {},
      end: () => void (index === texts.length - 1 && done.resolve()),
      fail: (error) => done.reject(error),
    }));
    const parts = texts.map((text, index) => new StatementPart(command(text), true, 'rows', sinks[index]));
    await this.#within(this.#submit(new StatementExchange(this, parts, NO_LIMITS, false)), done.promise, context);
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

function cancelled(database: string): DatabaseError {
  return databaseError({ code: 'DB_CANCELLED', message: `${database}: cancelled before it was sent`, database });
}

function closing(database: string): DatabaseError {
  return databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database });
}
