// One worker thread and the connections that live in it. Born, ready, dead: it is never revived, the supervisor starts
// another. All its promises settle when it dies, and statements it was running are cancelled from here.
import { Worker } from 'node:worker_threads';
import type { ConnectionEvents, Place, StepContext } from '../connection/connection.js';
import type { ConnectRequest } from '../connection/connector.js';
import { deferred, type Deferred } from '../connection/deferred.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { decodeError } from '../errors/error.codec.js';
import { sendCancel } from '../postgres/cancel.js';
import { connectTimeout } from '../errors/connect-timeout.js';
import { batched, type FromWorker, type ToWorker } from './messages.js';
import { RemoteConnection } from './remote-connection.js';

/** A worker that is not up by then will not be (it takes some 60 ms). */
const READY_TIMEOUT_MS = 10_000;
/** Time for the CancelRequests of a dead worker's statements. */
const CANCEL_MS = 1_000;

interface Opening {
  readonly request: ConnectRequest;
  readonly events: ConnectionEvents;
  readonly result: Deferred<RemoteConnection>;
}

export class WorkerThread {
  readonly #worker: Worker;
  readonly #send: (message: ToWorker) => void;
  readonly #ready = deferred<void>();
  readonly #opening = new Map<number, Opening>();
  readonly #connections = new Map<number, RemoteConnection>();
  readonly #onDeath: (error: DatabaseError) => void;
  #nextConnection = 1;
  #dead: DatabaseError | undefined;
  #failure: Error | undefined;

  /** @param onDeath called once, after everything it owed has been settled; not after `terminate()` */
  constructor(place: Place, onDeath: (error: DatabaseError) => void) {
    this.#onDeath = onDeath;
    this.#ready.promise.catch(() => {});
    // An empty environment: pg reads PG* variables, and no secret of the process belongs there.
    this.#worker = new Worker(workerUrl(), { name: `hydrogen-${place}`, env: {}, execArgv: [], workerData: { place } });
    this.#send = batched<ToWorker>(this.#worker);
    this.#worker.on('message', (messages: readonly FromWorker[]) => {
      for (const message of messages) this.#receive(message);
    });
    this.#worker.on('error', (error) => (this.#failure = error));
    this.#worker.on('exit', (code) => this.#die(code));
  }

  get connections(): number {
    return this.#opening.size + this.#connections.size;
  }

  get inFlight(): number {
    let sum = 0;
    for (const connection of this.#connections.values()) sum += connection.inFlight;
    return sum;
  }

  /** Event-loop utilization since the thread's start, 0..1. */
  get utilization(): number {
    return this.#dead ? 0 : this.#worker.performance.eventLoopUtilization().utilization;
  }

  async ready(): Promise<void> {
    const timer = setTimeout(() => {
      this.#ready.reject(this.#lost('did not start in time'));
      // Its exit is an unexpected death, so the supervisor starts another.
      void this.#worker.terminate();
    }, READY_TIMEOUT_MS);
    try {
      await this.#ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async connect(request: ConnectRequest, context: StepContext, events: ConnectionEvents): Promise<RemoteConnection> {
    await this.ready();
    if (this.#dead) throw this.#dead;
    if (context.signal.aborted)
      throw connectTimeout(request.database, `${request.host}:${request.port}`, context.budgetMs);
    const number = this.#nextConnection++;
    const result = deferred<RemoteConnection>();
    this.#opening.set(number, { request, events, result });
    const abandon = (): void => this.#send({ kind: 'abandon', connection: number });
    context.signal.addEventListener('abort', abandon, { once: true });
    this.#send({ kind: 'connect', connection: number, request, budgetMs: context.budgetMs });
    try {
      return await result.promise;
    } finally {
      context.signal.removeEventListener('abort', abandon);
    }
  }

  /** Ends the thread; connections should be closed before. */
  async terminate(): Promise<void> {
    this.#dead ??= this.#lost('was stopped');
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'ready') return this.#ready.resolve();
    const opening = this.#opening.get(message.connection);
    if (opening && message.kind === 'connected') {
      this.#opening.delete(message.connection);
      const { database } = opening.request;
      const connection = new RemoteConnection(
        message.connection,
        database,
        message.info,
        message.capabilities,
        message.cancelTarget,
        this.#send,
        {
          ...opening.events,
          lost: (error) => {
            this.#connections.delete(message.connection);
            opening.events.lost(error);
          },
        },
      );
      this.#connections.set(message.connection, connection);
      return opening.result.resolve(connection);
    }
    if (opening && message.kind === 'connect-failed') {
      this.#opening.delete(message.connection);
      return opening.result.reject(decodeError(message.error));
    }
    this.#connections.get(message.connection)?.receive(message);
  }

  #die(exitCode: number): void {
    const expected = this.#dead !== undefined;
    const error = this.#failure
      ? this.#lost(`failed: ${this.#failure.message}`, this.#failure)
      : this.#lost(`exited with ${exitCode}`);
    this.#dead ??= error;
    this.#ready.reject(error);
    for (const { result } of this.#opening.values()) result.reject(error);
    this.#opening.clear();
    for (const connection of this.#connections.values()) {
      // The socket went with the thread, but a server that works does not look at its socket.
      if (connection.inFlight > 0) void sendCancel(connection.cancelTarget, CANCEL_MS);
      connection.lose(error, true);
    }
    if (!expected) this.#onDeath(error);
  }

  #lost(what: string, cause?: Error): DatabaseError {
    return databaseError({ code: 'DB_WORKER_LOST', message: `a database worker ${what}` }, { cause });
  }
}

/** Beside this file once it is built; tests run the sources, and a worker cannot: they take the built one. */
function workerUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../../dist/worker/database.worker.js', import.meta.url)
    : new URL('./database.worker.js', import.meta.url);
}
