// The Connection port: what a physical connection can do. Its socket stands in this thread (PostgresConnection) or in a
// worker (RemoteConnection); whoever stands above does not know which. One contract suite runs against both.
import type { DatabaseError } from '../errors/database.error.js';
import type { SessionTouch } from '../query/statement-class.js';
import type { Statement } from '../query/statement.js';
import type { BatchPart, ExecuteOptions, Execution, Limits, ResultSink } from './execution.js';

/** Where the socket is: in this thread, or in worker n. */
export type Place = 'inline' | `worker:${number}`;

/** `I` idle, `T` in a transaction, `E` in a failed one (ReadyForQuery). */
export type TransactionStatus = 'I' | 'T' | 'E';

export type ResetMode = 'none' | 'smart' | 'discard-all';

export interface TlsInfo {
  readonly protocol: string;
  readonly cipher: string;
  readonly mode: string;
}

/** What the server said of the session when it was opened. */
export interface SessionRole {
  /** The server is in recovery: a hot standby. */
  readonly standby: boolean;
  /** Its transactions are read-only unless they say otherwise. */
  readonly readOnly: boolean;
}

export interface ConnectionInfo {
  readonly place: Place;
  readonly processId: number;
  /** `host:port` that was really reached. */
  readonly address: string;
  readonly serverVersion: string;
  readonly tls?: TlsInfo;
  /** Absent where the server says nothing of itself, as before PostgreSQL 14 unless it was asked. */
  readonly role?: SessionRole;
  /** There is a pooler (PgBouncer, PgDog …) on the way, and it was adapted to. */
  readonly pooler?: PoolerInfo;
}

export interface PoolerInfo {
  /** It keeps prepared statements for its clients. */
  readonly preparedStatements: boolean;
}

export interface ConnectionCapabilities {
  /** How many statements may be on the wire at once. */
  readonly pipelineDepth: number;
  /** Named prepared statements survive from one transaction to the next; false behind some poolers. */
  readonly prepared: boolean;
  /** The session is one server session for its whole life; false behind a pooler in transaction mode. */
  readonly ownSession: boolean;
}

export interface SessionUsage {
  /** Prepared statements it keeps. */
  readonly prepared: number;
  /** Bytes of its socket. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface ConnectionEvents {
  /** Once, last: socket closed, protocol broken or worker lost. Everything in flight has been rejected before. */
  readonly lost: (error: DatabaseError) => void;
}

/** NOTIFY of a channel that the session listens to. */
export type NotificationListener = (channel: string, payload: string, processId: number) => void;

/** A step's share of time. */
export interface StepContext {
  /** Milliseconds this step may take. */
  readonly budgetMs: number;
  /** Aborts when the time is over or the pool is being destroyed. */
  readonly signal: AbortSignal;
}

export interface Connection {
  readonly info: ConnectionInfo;
  readonly capabilities: ConnectionCapabilities;
  /** Statements queued or on the wire. */
  readonly inFlight: number;
  readonly transactionStatus: TransactionStatus;
  /** What the session may carry to the next borrower; empty = clean. */
  readonly touched: ReadonlySet<SessionTouch>;
  /** Figures of its session, for reports; absent where asking would cost a message. */
  readonly usage?: SessionUsage;
  /** Statements run in the order of the calls, pipelined. Never throws: a dead connection fails the sink, in a later turn. */
  execute(statement: Statement, options: ExecuteOptions, sink: ResultSink): Execution;
  /** All or nothing, in one flight. When one fails, its sink hears why and the sinks behind it hear that they were skipped. */
  batch(parts: readonly BatchPart[], limits: Limits): Execution;
  /** Hears NOTIFY from now on, until `undefined` is given. */
  onNotification(listener: NotificationListener | undefined): void;
  /** ROLLBACK when in a transaction, then DISCARD ALL when `mode` asks for it. A rejection means: discard me. */
  reset(mode: ResetMode, context: StepContext): Promise<void>;
  /** A round trip without a statement or a snapshot (bare Sync). */
  ping(context: StepContext): Promise<void>;
  /** Terminate message, then the socket; by force when the budget is over. Idempotent, never rejects. */
  close(context: StepContext): Promise<void>;
}

/** No ceiling: for the library's own commands. */
export const NO_LIMITS: Limits = { maxRows: 0, maxBytes: 0 };

/** How the library's own commands are run. */
export const COMMAND: ExecuteOptions = { form: 'rows', limits: NO_LIMITS, prepare: true };
