// The pipelines of one kind: who goes where, how many there are, and who waits. A call takes the one with the least
// expected work; another is opened only when all are busy. Leases are taken as standing ones, so that the pool can ask
// for them: whoever needs a connection of his own is never kept waiting by those who share.
import type { Lease } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { CallContext } from './call-context.js';
import { Pipeline, PIPELINE_DEPTH, type PipelineKind, type PipelineOwner, type PipelineState } from './pipeline.js';
import type { AnyCall } from './statement-call.js';
import { WaitingRoom, type Door } from './waiting-room.js';

export interface PipelinesOptions {
  readonly kind: PipelineKind;
  /** Most of them. */
  readonly width: number;
  /** Where they would rather stand; undefined = anywhere. */
  readonly place?: string | undefined;
  readonly idleMs: number;
  /** Runs a call on a connection of its own. */
  readonly elsewhere: (call: AnyCall) => void;
}

export interface PipelineStats {
  readonly kind: PipelineKind;
  readonly place: string;
  readonly inFlight: number;
  readonly state: PipelineState;
}

/** After a full pool gave no further one: how long it is not asked again, milliseconds. */
const WIDEN_PAUSE_MS = 50;

export class Pipelines implements PipelineOwner {
  readonly context: CallContext;
  readonly kind: PipelineKind;
  readonly idleMs: number;
  readonly place: string | undefined;
  readonly #options: PipelinesOptions;
  readonly #door: Door;
  readonly #room: WaitingRoom;
  #pipelines: Pipeline[] = [];
  /** A standing lease is being waited for. */
  #asking: AbortController | undefined;
  #widenAfter = 0;
  /** Behind a pooler a session is not ours to change: everything leases. */
  #impossible = false;

  constructor(door: Door, options: PipelinesOptions) {
    this.context = door.context;
    this.kind = options.kind;
    this.idleMs = options.idleMs;
    this.place = options.place;
    this.#options = options;
    this.#door = door;
    this.#room = new WaitingRoom(door, () => this.#asking?.abort());
  }

  /** Calls that wait for one. */
  get waiting(): number {
    return this.#room.size;
  }

  /**
   * Runs it now, or when there is room. Writes never wait here: behind reads that hold every connection they would wait for
   * ever, for sharers do not ask each other to leave. False: there is none for it, it must lease.
   */
  run(call: AnyCall): boolean {
    if (this.#impossible) return false;
    const now = call.sentAt === 0 ? call.budget.startedAt : this.context.clock.now();
    let pipeline = this.#room.size === 0 ? this.#least() : undefined;
    if (pipeline === undefined || (pipeline.inFlight > 0 && this.#mayWiden(now)))
      pipeline = this.#another() ?? pipeline;
    if (pipeline !== undefined) pipeline.run(call, now);
    else if (this.#impossible || this.kind === 'write') return false;
    else {
      if (!this.#pipelines.some(({ state }) => state === 'open' || state === 'halted')) this.#ask();
      this.#room.enter(call, this.#asking === undefined ? 0 : PIPELINE_DEPTH);
      if (this.#room.size === 0) this.#asking?.abort();
    }
    return true;
  }

  stats(): PipelineStats[] {
    const { kind } = this;
    return this.#pipelines.map(({ place, inFlight, state }) => ({ kind, place, inFlight, state }));
  }

  freed(pipeline: Pipeline): void {
    while (this.#room.size > 0 && pipeline.admits) {
      const call = this.#room.next();
      if (call) pipeline.run(call, this.context.clock.now());
    }
  }

  ended(pipeline: Pipeline): void {
    this.#pipelines = this.#pipelines.filter((each) => each !== pipeline);
    if (this.#room.size > 0 && this.#pipelines.length === 0) this.#ask();
  }

  /**
   * @param lost its connection died: another one that is shared takes it, for a lease would wait behind all who wait for one. Once:
   * it may be what kills them, and is to have company in that no more
   */
  rerun(call: AnyCall, lost = false): void {
    if (lost && call.retries === 1 && this.run(call)) return;
    this.#options.elsewhere(call);
  }

  #least(): Pipeline | undefined {
    let least: Pipeline | undefined;
    for (const pipeline of this.#pipelines) {
      if (pipeline.admits && (least === undefined || pipeline.workMs < least.workMs)) least = pipeline;
    }
    return least;
  }

  #mayWiden(now: number): boolean {
    return this.#pipelines.length < this.#options.width && now >= this.#widenAfter;
  }

  /** One more, if a connection is idle; if one may be opened, it is there for later calls. */
  #another(): Pipeline | undefined {
    if (this.#pipelines.length >= this.#options.width) return undefined;
    const { pool } = this.#door;
    // The last connection is for those who may be asked for it by anyone.
    if (this.kind === 'write' && pool.stats().ceiling < 2) return undefined;
    let opened: Pipeline | undefined;
    const onWanted = (): void => opened?.drain();
    const lease = pool.tryAcquire({ deadline: Infinity, place: this.place, onWanted });
    if (lease !== undefined) return (opened = this.#open(lease));
    const { total, ceiling } = pool.stats();
    if (total < ceiling && (this.#pipelines.length > 0 || this.kind === 'write')) this.#ask();
    else this.#widenAfter = this.context.clock.now() + WIDEN_PAUSE_MS;
    return undefined;
  }

  #ask(): void {
    if (this.#asking !== undefined) return;
    const asking = (this.#asking = new AbortController());
    let opened: Pipeline | undefined;
    const onWanted = (): void => opened?.drain();
    const { signal } = asking;
    this.#door.pool.acquire({ deadline: Infinity, signal, place: this.place, onWanted }).then(
      (lease) => {
        this.#asking = undefined;
        opened = this.#open(lease);
        // Wanted already, maybe: then it serves those who wait now and nobody after them.
        if (opened) this.freed(opened);
      },
      (error: unknown) => {
        this.#asking = undefined;
        // Those who came after the last one had given up.
        if (signal.aborted && this.#room.size > 0) this.#ask();
        else if (this.#pipelines.length === 0) this.#room.refuseAll(error);
      },
    );
  }

  #open(lease: Lease<Connection>): Pipeline | undefined {
    if (lease.resource.capabilities.ownSession) {
      const pipeline = new Pipeline(lease, this);
      this.#pipelines.push(pipeline);
      return pipeline;
    }
    this.#impossible = true;
    void lease.release();
    for (let call = this.#room.next(); call; call = this.#room.next()) this.rerun(call);
    return undefined;
  }
}
