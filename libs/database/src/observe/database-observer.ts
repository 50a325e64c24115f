// What is made of all that one database's pool and executor tell: counted, said in the log, and published. It hands on; each part has
// its own reason. Nothing here may throw into a query.
import type { Clock, CloseReason, PoolObserver, Step } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import { codeOf } from './code-of.js';
import { ConnectReports } from './connect-reports.js';
import { LeaseReports } from './lease-reports.js';
import { LossReports } from './loss-reports.js';
import type { LifecycleTrace } from './lifecycle-trace.js';
import { PoolRecorder } from './pool-recorder.js';
import type { ReportLog } from './report-log.js';

export interface DatabaseObserverOptions {
  readonly database: string;
  /** `host:port`. */
  readonly target: string;
  readonly clock: Clock;
  readonly log: ReportLog;
  readonly trace: LifecycleTrace;
  /** As configured. */
  readonly min: number;
  readonly max: number;
  /** A connection broke. */
  readonly onBroken: () => void;
}

export class DatabaseObserver implements PoolObserver {
  readonly recorder = new PoolRecorder();
  readonly #options: DatabaseObserverOptions;
  readonly #connects: ConnectReports;
  readonly #leases: LeaseReports;
  readonly #losses: LossReports;
  #min: number;
  #max: number;

  constructor(options: DatabaseObserverOptions) {
    this.#options = options;
    this.#min = options.min;
    this.#max = options.max;
    this.#connects = new ConnectReports(options);
    this.#leases = new LeaseReports(options.database, options.clock, options.log);
    this.#losses = new LossReports(options.database, options.clock, options.log);
  }

  /** This and `released` are on every lend's way. */
  acquired(waitMs: number): void {
    this.recorder.acquired(waitMs);
  }

  released(useMs: number): void {
    this.recorder.released(useMs);
  }

  created(ms: number): void {
    this.recorder.created(ms);
    this.#connects.succeeded();
  }

  createFailed(error: unknown, attempt: number, nextMs: number): void {
    this.recorder.createFailed(error);
    this.#connects.failed(error, attempt, nextMs);
    this.#options.trace.failure(codeOf(error), attempt, nextMs);
  }

  closed(reason: CloseReason): void {
    this.recorder.closed(reason);
    if (reason === 'broken') this.#options.onBroken();
  }

  timedOut(step: Step): void {
    this.recorder.timedOut(step);
  }

  leaked(heldMs: number, stack?: string): void {
    this.recorder.leaked();
    this.#leases.leaked(heldMs, stack);
  }

  leakReturned(heldMs: number): void {
    this.recorder.leakReturned();
    this.#leases.leakReturned(heldMs);
  }

  /** Garbage-collected without `release()`. */
  reclaimed(heldMs: number, stack?: string): void {
    this.recorder.reclaimed();
    this.#leases.reclaimed(heldMs, stack);
  }

  ceilingMoved(ceiling: number, max: number): void {
    this.#connects.ceilingMoved(ceiling, max);
  }

  doubleRelease(stack?: string): void {
    this.recorder.doubleRelease();
    this.#leases.doubleRelease(stack);
  }

  /** Not of the start, when the pool is told its MinConnections. */
  resized(min: number, max: number): void {
    if (min === this.#min && max === this.#max) return;
    this.#min = min;
    this.#max = max;
    const { database, log, trace } = this.#options;
    log.log(`${database}: resized to ${min} to ${max} connections`);
    trace.resize(min, max);
  }

  /** Given back inside an open transaction. */
  dirtyRelease(stack?: string): void {
    this.recorder.dirtyRelease();
    this.#leases.dirtyRelease(stack);
  }

  /** Not given back by the end of its request. */
  forgottenLease(stack?: string): void {
    this.recorder.reclaimed();
    this.#leases.forgotten(stack);
  }

  /** A transaction has used half of its time. */
  longTransaction(ageMs: number, limitMs: number, stack?: string): void {
    this.#leases.longTransaction(ageMs, limitMs, stack);
  }

  externalIo(target: string, stack?: string): void {
    this.#leases.externalIo(target, stack);
  }

  /** A connection died by itself; `stack` of who had it. */
  lost(connection: Connection, error: Error, stack: () => string | undefined): void {
    const said = (error.cause as { code?: unknown } | undefined)?.code;
    const sqlState = typeof said === 'string' && SQL_STATE.test(said) ? said : undefined;
    this.#options.trace.lost(connection, codeOf(error), sqlState);
    if (sqlState !== '25P03' && sqlState !== '25P04') return this.#losses.lost(error, connection.info.processId);
    this.recorder.endedByServer();
    this.#leases.endedByServer(sqlState, stack());
  }
}

/** A socket's codes are longer. */
const SQL_STATE = /^[0-9A-Z]{5}$/;
