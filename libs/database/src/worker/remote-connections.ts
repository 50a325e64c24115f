// The connections of one worker thread, as the main thread knows them: those being opened and those that live there. What
// the worker says is handed to whom it concerns; when the worker is gone, each of them hears it.
import type { ConnectionEvents, StepContext } from '../connection/connection.js';
import type { ConnectRequest } from '../connection/connector.js';
import { deferred, type Deferred } from '../connection/deferred.js';
import type { CustomCodecs } from '../connection/type-options.js';
import { connectTimeout } from '../errors/connect-timeout.js';
import type { DatabaseError } from '../errors/database.error.js';
import { decodeError } from '../errors/error.codec.js';
import { sendCancel } from '../postgres/cancel.js';
import { receiverOf } from '../postgres/decode.js';
import { AnswerReader } from './answer-reader.js';
import { loudly } from './loudly.js';
import type { FromWorker, Packet } from './messages.js';
import { RemoteChannel } from './remote-channel.js';
import { RemoteConnection } from './remote-connection.js';
import type { RequestSender } from './request-sender.js';

/** Time for the CancelRequests of a dead worker's statements. */
const CANCEL_MS = 1_000;

interface Opening {
  readonly request: ConnectRequest;
  readonly codecs: CustomCodecs;
  readonly events: ConnectionEvents;
  readonly result: Deferred<RemoteConnection>;
}

type Of<K extends FromWorker['kind']> = Extract<FromWorker, { kind: K }>;

export class RemoteConnections {
  readonly #sender: RequestSender;
  readonly #opening = new Map<number, Opening>();
  readonly #connections = new Map<number, RemoteConnection>();
  readonly #answers = new AnswerReader((number) => this.#connections.get(number), loudly);
  readonly #onEmpty: () => void;
  #nextNumber = 1;
  #failed = 0;

  /** @param onEmpty the last connection is gone, or was not made */
  constructor(sender: RequestSender, onEmpty: () => void) {
    this.#sender = sender;
    this.#onEmpty = onEmpty;
  }

  /** Open or opening. */
  get size(): number {
    return this.#opening.size + this.#connections.size;
  }

  /** Statements without an answer: first in line on their connection, and behind others. */
  get load(): { readonly busy: number; readonly queued: number } {
    let busy = 0;
    let queued = 0;
    for (const { inFlight } of this.#connections.values()) {
      if (inFlight > 0) busy++;
      queued += Math.max(0, inFlight - 1);
    }
    return { busy, queued };
  }

  /** Statements answered. */
  get done(): number {
    return this.#answers.ended + this.#failed;
  }

  async connect(
    request: ConnectRequest,
    { budgetMs, signal }: StepContext,
    events: ConnectionEvents,
    codecs: CustomCodecs,
  ): Promise<RemoteConnection> {
    if (signal.aborted) {
      this.#checkEmpty();
      throw connectTimeout(request.database, `${request.host}:${request.port}`, budgetMs);
    }
    const connection = this.#nextNumber++;
    const result = deferred<RemoteConnection>();
    this.#opening.set(connection, { request, codecs, events, result });
    const abandon = (): void => this.#sender.item({ kind: 'abandon', connection });
    signal.addEventListener('abort', abandon, { once: true });
    this.#sender.item({ kind: 'connect', connection, request, budgetMs });
    try {
      return await result.promise;
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  readonly onPacket = (packet: Packet): void => this.#answers.read(packet);

  readonly onItem = (item: Exclude<FromWorker, { kind: 'ready' }>): void => {
    switch (item.kind) {
      case 'connected':
        return this.#connected(item);
      case 'connect-failed':
        this.#opening.get(item.connection)?.result.reject(decodeError(item.error));
        this.#opening.delete(item.connection);
        return this.#checkEmpty();
      case 'chunk':
        return this.#answers.chunk(item);
      default:
    }
    const connection = this.#connections.get(item.connection);
    if (item.kind === 'failed') {
      if (connection?.failed(item.id, decodeError(item.error), item.status)) this.#failed++;
    } else if (item.kind === 'lost') connection?.lose(decodeError(item.error));
    else connection?.notified(item.channel, item.payload, item.processId);
  };

  /**
   * The thread is dead: everything is settled at once. Its sessions are over when its sockets are closed, and when a server
   * that works was told to stop: it does not look at its socket, and would work on and keep its locks.
   * @param exited never rejects
   */
  lose(error: DatabaseError, exited: Promise<void>): void {
    for (const { result } of this.#opening.values()) result.reject(error);
    this.#opening.clear();
    for (const connection of this.#connections.values()) {
      const stopped = connection.inFlight > 0 ? sendCancel(connection.cancelTarget, CANCEL_MS) : undefined;
      connection.lose(
        error,
        Promise.all([exited, stopped]).then(() => {}),
      );
    }
  }

  #connected({ connection: number, info, capabilities, cancelTarget }: Of<'connected'>): void {
    const opening = this.#opening.get(number);
    if (!opening) return;
    this.#opening.delete(number);
    const { request, codecs, events, result } = opening;
    const connection = new RemoteConnection({
      channel: new RemoteChannel(number, this.#sender),
      info,
      capabilities,
      cancelTarget,
      receive: receiverOf(request.types, codecs),
      events: {
        ...events,
        lost: (error) => {
          this.#connections.delete(number);
          this.#checkEmpty();
          events.lost(error);
        },
      },
    });
    this.#connections.set(number, connection);
    result.resolve(connection);
  }

  #checkEmpty(): void {
    if (this.size === 0) this.#onEmpty();
  }
}
