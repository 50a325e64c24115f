// What one statement of a batch hears: its rows, and its end or error.
import type { ResultChunk, ResultEnd, ResultSink } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { Row } from '../query/query-result.js';
import { SLICE_ROWS } from './decode-scheduler.js';

export interface BatchOwner {
  arrived(sink: BatchSink, chunk: ResultChunk): void;
  /** It has its end or its error. */
  settled(): void;
}

export class BatchSink implements ResultSink {
  readonly rows: Row[] = [];
  /** Not decoded yet. */
  readonly chunks: ResultChunk[] = [];
  ended: ResultEnd | undefined;
  error: DatabaseError | undefined;
  /** What a codec of the user's threw. */
  broken: unknown;
  #from = 0;

  constructor(private readonly owner: BatchOwner) {}

  chunk(chunk: ResultChunk): void {
    this.owner.arrived(this, chunk);
  }

  end(end: ResultEnd): void {
    this.ended = end;
    this.owner.settled();
  }

  fail(error: DatabaseError): void {
    this.error = error;
    this.owner.settled();
  }

  /** A slice of its first chunk. True: that chunk is done with. */
  decode(): boolean {
    const chunk = this.chunks[0] as ResultChunk;
    const to = this.broken === undefined ? Math.min(this.#from + SLICE_ROWS, chunk.rowCount) : chunk.rowCount;
    try {
      if (this.broken === undefined) chunk.decode(this.#from, to, this.rows);
    } catch (error) {
      this.broken = error;
    }
    this.#from = to;
    if (to < chunk.rowCount && this.broken === undefined) return false;
    this.chunks.shift();
    this.#from = 0;
    return true;
  }
}

/** Of a statement that is sent along (BEGIN, a setting): if it fails, the statements behind it hear of that. */
export const silentSink: ResultSink = { chunk() {}, end() {}, fail() {} };
