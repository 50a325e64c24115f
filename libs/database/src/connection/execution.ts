// One answer on its way, as the port sees it: chunks that are pulled, one end, and a cancel that reaches the server.
import type { FieldInfo, Row } from '../query/query-result.js';

/** Why a statement is cancelled; the caller's error is chosen by it, never by the server's text. */
export type CancelReason = 'deadline' | 'signal' | 'shutdown' | 'limit';

/** A piece of a result as it travels: cells in the server's text form, row by row. */
export interface RawChunk {
  readonly fields: readonly FieldInfo[];
  readonly rowCount: number;
  /** rowCount × fields.length cells; null is SQL NULL. */
  readonly cells: readonly (string | null)[];
}

/** A piece of a result for its reader. Decoding is the reader's choice of moment, and may be done in slices. */
export interface ResultChunk {
  readonly rowCount: number;
  /** Its travelling form; only what sends it on to another thread needs it. */
  readonly raw: RawChunk;
  /** Appends rows `from` (included) to `to` (excluded) as plain objects. */
  decode(from: number, to: number, into: Row[]): void;
}

export interface ResultEnd {
  readonly command: string;
  readonly rowCount: number | null;
  readonly fields: readonly FieldInfo[];
}

/** Ceilings of one result, 0 = none. Crossing one ends the execution with DB_RESULT_TOO_LARGE and cancels the rest. */
export interface Limits {
  readonly maxRows: number;
  /** Bytes of DataRow messages. */
  readonly maxBytes: number;
}

/** Exactly one of `end` resolving or rejecting ends it, on every path, also when its thread dies. */
export interface Execution {
  /**
   * The next chunk, undefined at the end; rejects like `end`. At most `CHUNK_WINDOW` unread chunks are held: then the
   * socket is paused (inline) or the worker waits for credit, and TCP stops the server.
   */
  next(): Promise<ResultChunk | undefined>;
  /** Resolves at ReadyForQuery, never earlier: with the extended protocol an autocommit statement commits at Sync. */
  readonly end: Promise<ResultEnd>;
  /**
   * Not sent: dropped. Running: CancelRequest. Idempotent, never throws. The promise settles when ReadyForQuery has been
   * seen *and* the cancel socket has closed, or the connection is gone: only then can no neighbour be hit.
   */
  cancel(reason: CancelReason): Promise<void>;
}

/** Unread chunks held before the sender is stopped. */
export const CHUNK_WINDOW = 4;
/** A chunk is handed on when its DataRow messages reach this size, bytes (transport.md: 64–128 KB). */
export const CHUNK_BYTES = 65_536;
