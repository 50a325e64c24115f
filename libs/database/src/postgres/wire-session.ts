// A session on its socket: what is written, what is on its way, what came back, and how it ends. Flights leave in the order
// they were submitted, once a tick; nothing new leaves while a cancel is on its way; the socket's end settles all of them. It is long, and one piece:
// whatever happens to the socket has to find everything that depends on it.
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
  ConnectionEvents,
  NotificationListener,
  SessionUsage,
  TransactionStatus,
} from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import type { CancelReason } from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { SessionTouch } from '../query/statement-class.js';
import { CancelWindow, type CancelOwner } from './cancel-window.js';
import type { CancelTarget } from './cancel.js';
import { connectionLost, protocolBroken } from './error.mapper.js';
import { PreparedStatements } from './prepared-statements.js';
import type { Destination } from './result-collector.js';
import type { ExchangeOwner } from './exchange-owner.js';
import type { StatementExchange } from './statement-exchange.js';

export interface WireSessionOptions {
  readonly database: string;
  readonly cancelTarget: CancelTarget;
  readonly types: TypeMap;
  readonly destination: Destination;
  readonly preparedCacheSize: number;
  readonly events: ConnectionEvents;
}

export class WireSession implements ExchangeOwner<StatementExchange>, SessionListener, CancelOwner {
  readonly database: string;
  readonly cancelTarget: CancelTarget;
  readonly types: TypeMap;
  readonly destination: Destination;
  readonly writer = new FrontendWriter();
  prepared: PreparedStatements;
  status: TransactionStatus = 'I';
  /** From now on nothing is accepted. */
  closing = false;
  listener: NotificationListener | undefined;
  /** What was sent may have left something behind. */
  readonly touched = new Set<SessionTouch>();
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #pipeline = new Pipeline(this);
  readonly #reader = new BackendReader(this.#pipeline);
  readonly #window = new CancelWindow(this);
  /** Accepted, not written: a cancel is on its way, or they were hit by one. */
  #held: StatementExchange[] = [];
  readonly #closed = deferred<void>();
  #lost: DatabaseError | undefined;
  #flushing = false;
  /** Why the connection is about to end, as far as it has said so. */
  #reason: Error | ServerMessage | undefined;
  #broken = false;

  /** @param socket past the handshake, nobody reading from it @param rest what came behind the handshake */
  constructor(socket: Socket, rest: Buffer, options: WireSessionOptions) {
    this.#socket = socket;
    this.database = options.database;
    this.cancelTarget = options.cancelTarget;
    this.types = options.types;
    this.destination = options.destination;
    this.prepared = new PreparedStatements(options.preparedCacheSize);
    this.#events = options.events;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => (this.#reason ??= error));
    socket.on('close', () => this.#end());
    if (rest.length > 0) this.#read(rest);
    socket.resume();
  }

  get inFlight(): number {
    return this.#pipeline.size + this.#held.length + this.#window.waiting;
  }

  get usage(): SessionUsage {
    const { bytesRead: bytesIn, bytesWritten: bytesOut } = this.#socket;
    return { prepared: this.prepared.count, bytesIn, bytesOut };
  }

  /** Settles when the socket has closed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The socket has ended, and that is told or about to be. */
  get ended(): boolean {
    return this.gone || this.#socket.destroyed;
  }

  /** Sends it, or keeps it while a cancel is on its way; refuses it in a later turn when there is no session any more. */
  submit(exchange: StatementExchange): StatementExchange {
    const gone = this.#lost !== undefined || this.#socket.destroyed;
    if (gone || this.closing) {
      // In a later turn: its sender has not got it in hand yet.
      const error = gone ? this.#lostError(false) : closing(this.database);
      queueMicrotask(() => exchange.abandon(error));
    } else if (this.#window.open) this.#held.push(exchange);
    else this.#send(exchange);
    return exchange;
  }

  /** Nothing is accepted any more, and what was not sent is refused. */
  refuseAll(): void {
    this.closing = true;
    for (const held of this.#held.splice(0)) held.abandon(closing(this.database));
  }

  /**
   * Says goodbye when nothing runs. A server does not see a closed socket while it works, so what runs is stopped first;
   * where a cancel has had its time and was not answered there is nobody to say goodbye to.
   */
  async leave(): Promise<void> {
    if (this.#window.open) return void this.#socket.destroy();
    if (this.#pipeline.size > 0) {
      const all = this.#pipeline.waiting.map((each) => this.cancel(each as StatementExchange, 'shutdown'));
      await Promise.race([Promise.all(all), this.#closed.promise]);
    }
    this.writer.terminate();
    this.flush();
    this.#socket.end();
  }

  // ── for its flights ──

  cancel(exchange: StatementExchange, reason: CancelReason): Promise<void> {
    if (exchange.settled || this.#lost) return Promise.resolve();
    if (this.#socket.destroyed) return this.#closed.promise;
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
    this.status = status;
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
    this.listener?.(channel, payload, processId);
  }

  parameterStatus(): void {}

  sessionError(error: ServerMessage): void {
    this.#reason ??= error;
  }

  #send(exchange: StatementExchange): void {
    for (const { statement } of exchange.parts) for (const touch of statement.touches) this.touched.add(touch);
    exchange.send();
    this.#pipeline.push(exchange);
    this.flushSoon();
  }

  #again(exchange: StatementExchange): void {
    exchange.restart();
    this.submit(exchange);
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
      exchange.abandon(this.#lostError(exchange.doubtful), this.#reason === undefined);
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
}

function cancelled(database: string): DatabaseError {
  return databaseError({ code: 'DB_CANCELLED', message: `${database}: cancelled before it was sent`, database });
}

function closing(database: string): DatabaseError {
  return databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database });
}
