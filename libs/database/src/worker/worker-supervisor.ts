// Keeps one worker alive behind the Connector port: starts it at the first connect, starts another when it dies, and
// waits longer between starts when it keeps dying, so that a fault in it cannot eat the machine.
import type { ResourceLimits } from 'node:worker_threads';
import type { Connection, ConnectionEvents, Place, StepContext } from '../connection/connection.js';
import type { Connector, ConnectRequest } from '../connection/connector.js';
import type { CustomCodecs } from '../connection/type-options.js';
import type { WorkerStats } from '../connection/worker-stats.js';
import { databaseError } from '../errors/database.error.js';
import type { WorkerFault } from './messages.js';
import { WorkerThread } from './worker-thread.js';

/** Deaths within this time count as one series. */
const SERIES_MS = 60_000;
/** From this many deaths in a series on, starts are delayed: 1 s, 2 s, 4 s … at most 30 s. */
const SERIES_TOLERATED = 3;
const DELAY_BASE_MS = 1_000;
const DELAY_CAP_MS = 30_000;

/** A worker that needs more has gone wrong; chunks and packets lie outside of this heap. */
const RESOURCE_LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 512 };

export interface SupervisorOptions {
  /** Of the thread's JavaScript heap. */
  readonly resourceLimits?: ResourceLimits;
  /** Tests only: another entry, and a worker that misbehaves when it is told to. */
  readonly entry?: URL;
  readonly faults?: boolean;
}

export class WorkerSupervisor implements Connector {
  readonly place: Place;
  readonly #options: SupervisorOptions;
  #thread: WorkerThread | undefined;
  #deaths: number[] = [];
  #restarts = 0;
  /** Statements answered by threads that are gone. */
  #doneBefore = 0;
  #notBefore = 0;
  #closed = false;
  /** Connects that wait for the thread to be ready. */
  #starting = 0;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly id: number,
    private readonly warn: (message: string) => void,
    options: SupervisorOptions = {},
  ) {
    this.place = `worker:${id}`;
    this.#options = options;
  }

  get load(): number {
    if (this.#quarantined) return Infinity;
    return (this.#thread?.connections.size ?? 0) + this.#starting;
  }

  stats(): WorkerStats {
    const thread = this.#thread;
    const { busy, queued } = thread?.connections.load ?? { busy: 0, queued: 0 };
    return {
      id: this.id,
      busy,
      queued,
      done: this.#doneBefore + (thread?.connections.done ?? 0),
      connections: thread?.connections.size ?? 0,
      restarts: this.#restarts,
      heapUsedMb: thread?.heapUsedMb ?? 0,
      elu: thread?.utilization ?? 0,
      quarantined: this.#quarantined,
    };
  }

  async connect(
    request: ConnectRequest,
    context: StepContext,
    events: ConnectionEvents,
    codecs: CustomCodecs,
  ): Promise<Connection> {
    if (this.#closed) throw databaseError({ code: 'DB_CLOSED', message: 'the database workers are closed' });
    if (this.#quarantined) {
      throw databaseError({ code: 'DB_WORKER_LOST', message: `${this.place} keeps failing; it is started again soon` });
    }
    this.#thread ??= this.#start();
    const thread = this.#thread;
    // Counted from here on: those that come while the thread starts must not all be put here.
    this.#starting++;
    try {
      await thread.ready;
    } finally {
      this.#starting--;
    }
    return thread.connect(request, context, events, codecs);
  }

  get #quarantined(): boolean {
    return performance.now() < this.#notBefore;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  /** Tests only, with `faults`: the thread does this to itself. */
  fault(what: WorkerFault): void {
    this.#thread?.fault(what);
  }

  #start(): WorkerThread {
    const { place } = this;
    const { entry, faults = false, resourceLimits = RESOURCE_LIMITS } = this.#options;
    const thread = new WorkerThread({ place, entry, faults, resourceLimits }, (error) => {
      if (this.#thread !== thread || this.#closed) return;
      this.#thread = undefined;
      this.#doneBefore += thread.connections.done;
      const delay = this.#delayAfterDeath();
      this.#restarts++;
      this.warn(`${this.place}: ${error.message}; starting another${delay ? ` in ${delay} ms` : ''}`);
      this.#notBefore = performance.now() + delay;
      this.#restartTimer = setTimeout(() => {
        if (!this.#closed) this.#thread ??= this.#start();
      }, delay).unref();
    });
    return thread;
  }

  #delayAfterDeath(): number {
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < SERIES_MS), now];
    const excess = this.#deaths.length - SERIES_TOLERATED;
    return excess < 0 ? 0 : Math.min(DELAY_CAP_MS, DELAY_BASE_MS * 2 ** excess);
  }
}
