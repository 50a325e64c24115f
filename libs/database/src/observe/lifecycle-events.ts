// What is told on the channels `hydrogen:database:<event>` of node:diagnostics_channel, one after the other on a call's
// way. Plain data without parameters, rows or secrets. Names and payloads are public: docs/operations.md describes them.
import type { CloseReason } from '@hydrogen/pool';

/** A connection, as events name it. */
export interface ConnectionLabel {
  /** Of the server's process; behind a pooler of its making. */
  readonly pid: number;
  /** `inline` or `worker:n`. */
  readonly place: string;
  /** `host:port` that was really reached. */
  readonly address: string;
}

interface OfDatabase {
  /** Name in the configuration. */
  readonly database: string;
}

interface OfCall extends OfDatabase {
  /** One number for the whole way, from the request to the return: of the lease, the transaction, or the single statement. */
  readonly id: number;
}

interface OnConnection extends OfCall {
  readonly connection: ConnectionLabel;
}

export interface LifecycleEvents {
  /** A caller asks the database for something. */
  request: OfCall & { readonly kind: 'statement' | 'batch' | 'lease' | 'transaction' };
  /** The database asks its pool for a connection. Not for a statement on a shared one. */
  acquire: OfCall;
  /**
   * A connection is being opened. It is opened for the pool, not for a caller: `id` is of whoever waits longest, and absent
   * where nobody waits (MinConnections, a replacement).
   */
  connect: OfDatabase & { readonly id?: number; readonly target: string };
  /** One that is open is taken. */
  reuse: OnConnection;
  /** The connection can be used; `connectMs` of a new one. */
  ready: OfDatabase & { readonly id?: number; readonly connection: ConnectionLabel; readonly connectMs?: number };
  /** The pool gives it to the database, after `waitMs`. */
  grant: OnConnection & { readonly waitMs: number };
  /** The database gives it to the caller, or sends his statement on it. */
  provide: OnConnection;
  /** A statement is sent. `call` is its own number within a lease or transaction; `text` is cut at 120 characters. */
  execute: OnConnection & { readonly call: number; readonly text: string; readonly shared: boolean };
  /** It was answered, or its caller was: `ms` since it was sent, `code` of an error. */
  result: OfCall & { readonly call: number; readonly ms: number; readonly code?: string };
  /** The caller gives the connection back. */
  release: OnConnection;
  /** The database returns it to the pool; `usable` false: to be closed. */
  return: OnConnection & { readonly usable: boolean };
  /** A connection is being closed. */
  close: OfDatabase & { readonly connection: ConnectionLabel; readonly reason: CloseReason };
  /** A connection died by itself; `sqlState` where the server said why. `close` follows. */
  lost: OfDatabase & { readonly connection: ConnectionLabel; readonly code: string; readonly sqlState?: string };
  /** The pool's limits were changed while running. */
  resize: OfDatabase & { readonly min: number; readonly max: number };
  /** A connect failed; every one, where the log is spared most. `nextMs`: none is begun within that time. */
  failure: OfDatabase & {
    readonly code: string;
    readonly target: string;
    readonly attempt: number;
    readonly nextMs: number;
  };
}

export type LifecycleEvent = keyof LifecycleEvents;

/** In the order of a call's way; the last four stand for themselves. */
export const LIFECYCLE_EVENTS = [
  'request',
  'acquire',
  'connect',
  'reuse',
  'ready',
  'grant',
  'provide',
  'execute',
  'result',
  'release',
  'return',
  'close',
  'lost',
  'resize',
  'failure',
] as const satisfies readonly LifecycleEvent[];
