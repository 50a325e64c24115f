// One answer on its way, as the port sees it: chunks that are pushed to a sink against credit, one end, and a cancel that
// reaches the server. Pushed, not pulled: a small result then costs one promise, its caller's.
import type { DatabaseError } from '../errors/database.error.js';
import type { FieldInfo, Row } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';

/** Why a statement is cancelled; the caller's error is chosen by it, never by the server's text. */
export type CancelReason = 'deadline' | 'signal' | 'shutdown' | 'limit' | 'reader-left';

/** What the chunks of a result hold: rows to be decoded, columns, or bytes ready for an HTTP response. */
export type ResultForm = 'rows' | 'columns' | 'json' | 'ndjson';

/** One column of a chunk. Numbers come as typed arrays over the chunk's own memory. */
export interface Column {
  readonly name: string;
  readonly typeOid: number;
  readonly values: ArrayLike<unknown>;
  /** 1 where the value is SQL NULL; absent when none is. */
  readonly nulls?: Uint8Array;
  /** `values` are decoded when they are first asked for; what the decoder of a value throws is thrown then. */
  readonly lazy?: true;
}

/** A piece of a result for its reader, whose memory is the reader's. Decoding is his choice of moment, also in slices. */
export interface ResultChunk {
  /** 0 in the forms that are bytes. */
  readonly rowCount: number;
  readonly byteLength: number;
  /** Form `rows`: appends rows `from` (included) to `to` (excluded) as plain objects. In order, each row once. */
  decode(from: number, to: number, into: Row[]): void;
  /** Form `columns`. */
  columns(): readonly Column[];
  /** Forms `json` and `ndjson`, and COPY … TO STDOUT. */
  bytes(): Uint8Array;
}

export interface ResultEnd {
  readonly command: string;
  readonly rowCount: number | null;
  readonly fields: readonly FieldInfo[];
  /** Bytes of DataRow messages: what placement learns from. */
  readonly bytes: number;
}

/** Ceilings of one result, 0 = none. Crossing one ends the execution with DB_RESULT_TOO_LARGE and cancels the rest. */
export interface Limits {
  readonly maxRows: number;
  /** Bytes of DataRow messages. */
  readonly maxBytes: number;
}

export interface ExecuteOptions {
  readonly form: ResultForm;
  readonly limits: Limits;
  /** Seen before: worth a prepared statement of its own on the connection. */
  readonly prepare: boolean;
  /** Sent in front of it in the same flight and under the same Sync (BEGIN, set_config): an error of one skips the rest. */
  readonly prelude?: readonly Statement[];
  /**
   * Others are on this connection too. Its socket is then never paused for this one, and this one, being a plain read,
   * may be sent again when a neighbour's cancel hit it.
   */
  readonly shared?: boolean;
  /** A cursor: this many rows, then the sink hears `suspended` and `fetch` asks for more. Needs the connection alone. */
  readonly fetchRows?: number;
  /** The statement is COPY … FROM STDIN or COPY … TO STDOUT. Needs the connection alone. */
  readonly copy?: 'in' | 'out';
}

/** Whoever receives an answer. Exactly one of `end` and `fail` is called, last, on every path, also when a thread dies. */
export interface ResultSink {
  /** At most CHUNK_WINDOW come unread; then the socket is paused (inline) or the worker waits, and TCP stops the server. */
  chunk(chunk: ResultChunk): void;
  /** At ReadyForQuery, never earlier: with the extended protocol an autocommit statement commits at Sync. */
  end(end: ResultEnd): void;
  fail(error: DatabaseError): void;
  /** `fetchRows` have come and there may be more. */
  suspended?(): void;
  /** COPY IN: the server waits for data. Again after each time `copyData` said false. */
  writable?(): void;
}

/** A statement on its way, for whoever sent it. */
export interface Execution {
  /** One chunk was read: another may come. */
  taken(): void;
  /**
   * Not sent: dropped. Running: CancelRequest. Idempotent, never throws. The promise settles when ReadyForQuery has been
   * seen *and* the cancel socket has closed, or the connection is gone: only then can no neighbour be hit.
   */
  cancel(reason: CancelReason): Promise<void>;
  /** Cursor: the next `fetchRows` rows. */
  fetch(): void;
  /** Cursor: no more rows are wanted; the sink's `end` follows. */
  finish(): void;
  /** COPY IN. False: wait for the sink's `writable`. The bytes are copied or sent before it returns. */
  copyData(bytes: Uint8Array): boolean;
  /** COPY IN: that was all; with an error the server undoes the statement. */
  copyEnd(error?: string): void;
}

/** Several statements under one Sync: they run in order, in one transaction, in one flight. */
export interface BatchPart {
  readonly statement: Statement;
  readonly prepare: boolean;
  readonly sink: ResultSink;
}

/** Unread chunks held before the sender is stopped. */
export const CHUNK_WINDOW = 4;

/** A chunk is handed on when its DataRow messages reach this size, bytes (measured best: 64 to 128 KB). */
export const CHUNK_BYTES = 65_536;
