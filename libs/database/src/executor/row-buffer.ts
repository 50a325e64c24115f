// The rows of one result on their way from chunks to objects. Small chunks are decoded where they come; large ones in
// slices, in turn with everybody else's. Whoever owns it is told when nothing waits to be decoded any more.
import type { ResultChunk } from '../connection/execution.js';
import type { Row } from '../query/query-result.js';
import { SLICE_ROWS, type DecodeScheduler, type DecodeWork } from './decode-scheduler.js';

/** Decoded at once, without a look at the clock: that costs less than asking. */
const SMALL_BYTES = 16_384;

export interface RowReader {
  readonly decoder: DecodeScheduler;
  /** A chunk was read: its sender may send another. */
  taken(): void;
  /** What had to wait for the decoder is decoded. Must not throw. */
  decoded(): void;
}

export class RowBuffer implements DecodeWork {
  rows: Row[] = [];
  /** What decoding threw: a codec of the user's, most likely. */
  broken: { readonly error: unknown } | undefined = undefined;
  /** Chunks that wait for the decoder, which has this buffer in its queue as long as there is a list. */
  #chunks: ResultChunk[] | undefined = undefined;
  /** Rows of the first of them that are decoded. */
  #from = 0;

  constructor(private readonly reader: RowReader) {}

  /** Nothing waits to be decoded. */
  get idle(): boolean {
    return this.#chunks === undefined;
  }

  receive(chunk: ResultChunk): void {
    // What is left is read and thrown away, for the connection must go on.
    if (this.broken !== undefined) return this.reader.taken();
    if (this.#chunks !== undefined) {
      this.#chunks.push(chunk);
    } else if (chunk.rowCount <= SLICE_ROWS && chunk.byteLength <= SMALL_BYTES) {
      this.#decode(chunk, 0, chunk.rowCount);
      this.reader.taken();
    } else {
      this.#chunks = [chunk];
      this.reader.decoder.submit(this);
    }
  }

  /** The rows, all of them; only when idle. @throws what decoding threw */
  take(): Row[] {
    if (this.broken !== undefined) throw this.broken.error;
    return this.rows;
  }

  /** Nobody wants them any more. */
  drop(): void {
    // The decoder finds an empty list and forgets it.
    if (this.#chunks !== undefined) for (const _ of this.#chunks.splice(0)) this.reader.taken();
    this.rows = [];
    this.#from = 0;
    this.broken = undefined;
  }

  decodeSlice(): boolean {
    const chunk = this.#chunks?.[0];
    if (chunk === undefined) return this.#end();
    const to = Math.min(this.#from + SLICE_ROWS, chunk.rowCount);
    this.#decode(chunk, this.#from, to);
    this.#from = to;
    if (to < chunk.rowCount && this.broken === undefined) return true;
    this.#chunks?.shift();
    this.#from = 0;
    this.reader.taken();
    return this.#chunks === undefined || this.#chunks.length === 0 ? this.#end() : true;
  }

  #end(): false {
    this.#chunks = undefined;
    this.reader.decoded();
    return false;
  }

  #decode(chunk: ResultChunk, from: number, to: number): void {
    try {
      chunk.decode(from, to, this.rows);
    } catch (error) {
      this.broken = { error };
    }
  }
}
