// The protocol between the main thread and a worker. One postMessage a tick and direction: binary packets, in which the hot
// frames stand one behind the other, and plain objects for the rest, in the order in which they were said. Every request
// with an `id` gets exactly one answer. Time crosses as a budget, never as an instant: performance.now differs per thread.
import type { ConnectionCapabilities, ConnectionInfo, ResetMode, TransactionStatus } from '../connection/connection.js';
import type { ConnectRequest } from '../connection/connector.js';
import type { ChunkField, ChunkForm } from '../connection/chunk-form.js';
import type { CancelReason } from '../connection/execution.js';
import type { ErrorData } from '../errors/error-data.js';
import type { CancelTarget } from '../postgres/cancel.js';

interface OnConnection {
  /** Number the main thread gave to the connection. */
  readonly connection: number;
}
interface Request extends OnConnection {
  readonly id: number;
}

/** Frames of a packet to the worker: an operation, the connection's number, the id, and what follows in request-sender. */
export const enum Asked {
  Execute = 1,
  Batch,
  /** So many chunks were taken by their reader: as many more may come. */
  Credit,
  Fetch,
  Finish,
  CopyData,
  CopyEnd,
}

export type ToWorker =
  | (OnConnection & { kind: 'connect'; request: ConnectRequest; budgetMs: number })
  /** The connect is no longer wanted. */
  | (OnConnection & { kind: 'abandon' })
  | (Request & { kind: 'cancel'; execution: number; reason: CancelReason })
  | (Request & { kind: 'reset'; mode: ResetMode; budgetMs: number })
  | (Request & { kind: 'ping' | 'close'; budgetMs: number })
  /** The time of a reset, ping or close was cut short. */
  | (Request & { kind: 'abort' })
  | (OnConnection & { kind: 'listen'; on: boolean })
  | (Request & { kind: 'copy-fail'; message: string })
  /** Tests only: see worker-faults. */
  | { kind: 'fault'; what: WorkerFault };

/** Frames of a packet from the worker; what follows stands in answer-sender. */
export const enum Told {
  /** A description of columns, under a number, for the frames behind it. */
  Shape = 1,
  /** A command's word, likewise. */
  Command,
  Rows,
  Bytes,
  Ended,
  Suspended,
  Writable,
  /** COPY IN: so many bytes went on to the connection. */
  CopyTaken,
  /** A cancel, reset, ping or close is done. */
  Done,
}

export type FromWorker =
  | { kind: 'ready' }
  | (OnConnection & {
      kind: 'connected';
      info: ConnectionInfo;
      capabilities: ConnectionCapabilities;
      cancelTarget: CancelTarget;
    })
  | (OnConnection & { kind: 'connect-failed'; error: ErrorData })
  /** A chunk too large for a packet: its memory is transferred. */
  | (Request & { kind: 'chunk'; shape: number; form: ChunkForm })
  | (Request & { kind: 'failed'; error: ErrorData; status: TransactionStatus })
  | (OnConnection & { kind: 'notification'; channel: string; payload: string; processId: number })
  | (OnConnection & { kind: 'lost'; error: ErrorData });

/** What a worker can be told to do to itself, by a test. */
export type WorkerFault = 'throw' | 'reject' | 'exit' | 'loop' | 'memory';

/** Columns of a result as they cross: `format` is told apart from absent. */
export type Shape = readonly ChunkField[];

export type Packet = ArrayBuffer;

/** The part of a Worker or a MessagePort that a sender needs. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/** Small integers only; what had this number a thousand million statements ago is long answered. */
export function nextId(id: number): number {
  return (id + 1) & 0x3fff_ffff;
}
