// One worker thread. Born, ready, dead: it is never revived, the supervisor starts another. All promises of its connections
// settle when it dies, at once, whatever it died of; a loop that stands still is a death as well.
import { Worker, type ResourceLimits } from 'node:worker_threads';
import type { Connection, ConnectionEvents, Place, StepContext } from '../connection/connection.js';
import type { ConnectRequest } from '../connection/connector.js';
import { deferred } from '../connection/deferred.js';
import type { CustomCodecs } from '../connection/type-options.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { createPulse, LOOK_MS, PulseWatch } from './heartbeat.js';
import { loudly } from './loudly.js';
import type { FromWorker, Packet, ToWorker, WorkerFault } from './messages.js';
import { Outbox, unpack } from './outbox.js';
import { RemoteConnections } from './remote-connections.js';
import { RequestSender } from './request-sender.js';
import type { WorkerData } from './serve.js';

/** A worker that is not up by then will not be (it takes some 60 ms). */
const READY_TIMEOUT_MS = 10_000;

/** A thread that was told to end has some milliseconds of work. */
const EXIT_MS = 5_000;

export interface ThreadOptions {
  readonly place: Place;
  readonly entry?: URL;
  readonly resourceLimits: ResourceLimits;
  readonly faults: boolean;
}

export class WorkerThread {
  readonly connections: RemoteConnections;
  readonly #worker: Worker;
  readonly #sender: RequestSender;
  readonly #ready = deferred<void>();
  readonly #exited = deferred<void>();
  readonly #pulse = createPulse();
  readonly #onDeath: (error: DatabaseError) => void;
  #watch: PulseWatch | undefined;
  #timer: NodeJS.Timeout;
  #dead: DatabaseError | undefined;
  #failure: Error | undefined;

  /** @param onDeath called once, after everything it owed has been settled; not after `terminate()` */
  constructor(
    { place, entry = ENTRY, resourceLimits, faults }: ThreadOptions,
    onDeath: (error: DatabaseError) => void,
  ) {
    this.#onDeath = onDeath;
    this.#ready.promise.catch(() => {});
    const workerData: WorkerData = { place, pulse: this.#pulse, faults };
    // An empty environment: pg reads PG* variables, and no secret of the process belongs there.
    this.#worker = new Worker(entry, {
      name: `hydrogen-${place}`,
      env: {},
      execArgv: [],
      workerData,
      resourceLimits,
    });
    const outbox = new Outbox<ToWorker>(this.#worker, atEndOfTick);
    this.#sender = new RequestSender(outbox);
    // As a socket would, a connection keeps the process alive, and the thread alone does not.
    this.connections = new RemoteConnections(this.#sender, () => this.#worker.unref());
    this.#worker.on('message', (message: Message) => this.#receive(message));
    this.#worker.on('messageerror', () => this.#kill('said what cannot be read'));
    this.#worker.on('error', (error: Error) => (this.#failure = error));
    this.#worker.on('exit', (code) => {
      this.#exited.resolve();
      this.#die(`exited with ${code}`);
    });
    this.#timer = setTimeout(() => this.#kill('did not start in time'), READY_TIMEOUT_MS).unref();
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Event-loop utilization since the thread's start, 0..1. */
  get utilization(): number {
    return this.#dead ? 0 : this.#worker.performance.eventLoopUtilization().utilization;
  }

  get heapUsedMb(): number {
    return this.#dead ? 0 : (this.#watch?.heapUsedMb ?? 0);
  }

  async connect(
    request: ConnectRequest,
    context: StepContext,
    events: ConnectionEvents,
    codecs: CustomCodecs,
  ): Promise<Connection> {
    this.#worker.ref();
    await this.#ready.promise;
    if (this.#dead) throw this.#dead;
    return this.connections.connect(request, context, events, codecs);
  }

  /** Ends the thread; connections should be closed before. */
  async terminate(): Promise<void> {
    const wanted = this.#dead === undefined;
    if (wanted) this.#end(lost('was stopped'));
    await this.#worker.terminate();
  }

  /** Tests only, and only when the thread was made for it. */
  fault(what: WorkerFault): void {
    this.#sender.item({ kind: 'fault', what });
  }

  readonly #onItem = (item: FromWorker): void => {
    if (item.kind !== 'ready') return this.connections.onItem(item);
    clearTimeout(this.#timer);
    this.#watch = new PulseWatch(this.#pulse, performance.now());
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    // Those who wait for it come right behind this, and hold it again.
    this.#worker.unref();
    this.#ready.resolve();
  };

  #receive(message: Message): void {
    if (this.#dead) return;
    try {
      unpack(message, this.connections.onPacket, this.#onItem);
    } catch (error) {
      // What it says makes no sense, so nothing it says does any more.
      loudly(error);
      this.#kill('broke the protocol between threads');
    }
  }

  #look(): void {
    if (this.#watch?.look(performance.now()) === false) this.#kill('does not turn its loop');
  }

  /** Settles first: to end a thread takes as long as it takes. */
  #kill(what: string): void {
    this.#die(what);
    void this.#worker.terminate();
  }

  #die(what: string): void {
    if (this.#dead) return;
    const failure = this.#failure;
    const error = failure ? lost(`failed: ${failure.message}`, failure) : lost(what);
    this.#end(error);
    this.#onDeath(error);
  }

  #end(error: DatabaseError): void {
    this.#dead = error;
    clearTimeout(this.#timer);
    this.#ready.reject(error);
    // A thread that is stuck in native code may never end; nobody waits for it for ever.
    setTimeout(() => this.#exited.resolve(), EXIT_MS).unref();
    this.connections.lose(error, this.#exited.promise);
  }
}

type Message = FromWorker | Packet | readonly (FromWorker | Packet)[];

/** Behind everything that this turn of the loop still runs, so that what it asks goes as one message. */
function atEndOfTick(flush: () => void): void {
  queueMicrotask(() => process.nextTick(flush));
}

function lost(what: string, cause?: Error): DatabaseError {
  return databaseError({ code: 'DB_WORKER_LOST', message: `a database worker ${what}` }, { cause });
}

/** Beside this file once it is built; tests run the sources, and a worker cannot: they take the built one. */
const ENTRY = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/worker/database.worker.js', import.meta.url)
  : new URL('./database.worker.js', import.meta.url);
