// The protocol between the main thread and a worker: plain data, discriminated by `kind`, sent as one array a tick.
// Every request with an `id` gets exactly one answer, `ended` or `failed`. Time crosses as a budget, never as an
// instant: performance.now differs between threads.
import type { ConnectionCapabilities, ConnectionInfo, ResetMode, TransactionStatus } from '../connection/connection.js';
import type { ConnectRequest } from '../connection/connector.js';
import type { CancelReason, Limits, RawChunk, ResultEnd } from '../connection/execution.js';
import type { ErrorData } from '../errors/error-data.js';
import type { CancelTarget } from '../postgres/cancel.js';
import type { Statement } from '../query/statement.js';

interface OnConnection {
  /** Number the main thread gave to the connection. */
  readonly connection: number;
}
interface Request extends OnConnection {
  readonly id: number;
}

export type ToWorker =
  | (OnConnection & { kind: 'connect'; request: ConnectRequest; budgetMs: number })
  /** The connect is no longer wanted. */
  | (OnConnection & { kind: 'abandon' })
  | (Request & { kind: 'execute'; statement: Statement; limits: Limits })
  /** One chunk was taken by its reader: another may be sent. */
  | (OnConnection & { kind: 'credit'; execution: number })
  | (Request & { kind: 'cancel'; execution: number; reason: CancelReason })
  | (Request & { kind: 'reset'; mode: ResetMode; budgetMs: number })
  | (Request & { kind: 'ping' | 'close'; budgetMs: number });

export type FromWorker =
  | { kind: 'ready' }
  | (OnConnection & {
      kind: 'connected';
      info: ConnectionInfo;
      capabilities: ConnectionCapabilities;
      cancelTarget: CancelTarget;
    })
  | (OnConnection & { kind: 'connect-failed'; error: ErrorData })
  | (Request & { kind: 'chunk'; chunk: RawChunk })
  | (Request & { kind: 'ended'; end?: ResultEnd; status: TransactionStatus })
  | (Request & { kind: 'failed'; error: ErrorData; status: TransactionStatus })
  | (OnConnection & { kind: 'lost'; error: ErrorData });

/** The part of a MessagePort that both ends use. */
export interface MessagePortLike {
  postMessage(message: unknown): void;
}

/** Gathers the messages of one tick: a message costs 2–7 µs however small it is (measured, docs/adr/0002). */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it types what the returned function takes
export function batched<M>(port: MessagePortLike): (message: M) => void {
  let batch: M[] = [];
  const flush = (): void => {
    const messages = batch;
    batch = [];
    port.postMessage(messages);
  };
  return (message) => {
    if (batch.push(message) === 1) queueMicrotask(flush);
  };
}
