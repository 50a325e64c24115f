// A call whose result is wanted as rows, all of them. Small chunks are decoded where they come; large ones in slices,
// in turn with everybody else's.
import type { ResultChunk, ResultEnd } from '../connection/execution.js';
import type { QueryResult, Row } from '../query/query-result.js';
import { SLICE_ROWS, type DecodeWork } from './decode-scheduler.js';
import { StatementCall } from './statement-call.js';

/** Decoded at once, without a look at the clock: that costs less than asking. */
const SMALL_BYTES = 16_384;

export class RowsCall extends StatementCall<QueryResult> implements DecodeWork {
  #rows: Row[] = [];
  /** Chunks that wait for the decoder, which has this call in its queue as long as there are any. */
  #chunks: ResultChunk[] | undefined;
  /** Rows of the first of them that are decoded. */
  #from = 0;
  #end: ResultEnd | undefined;
  #endedAt = 0;
  #broken: { readonly error: unknown } | undefined;

  protected receive(chunk: ResultChunk): void {
    if (this.#broken !== undefined) return this.execution?.taken();
    if (this.#chunks !== undefined) {
      this.#chunks.push(chunk);
    } else if (chunk.rowCount <= SLICE_ROWS && chunk.byteLength <= SMALL_BYTES) {
      this.#decode(chunk, 0, chunk.rowCount);
      this.execution?.taken();
    } else {
      this.#chunks = [chunk];
      this.context.decoder.submit(this);
    }
  }

  decodeSlice(): boolean {
    const chunk = this.#chunks?.[0];
    if (chunk === undefined) return this.#idle();
    const to = Math.min(this.#from + SLICE_ROWS, chunk.rowCount);
    this.#decode(chunk, this.#from, to);
    this.#from = to;
    if (to < chunk.rowCount && this.#broken === undefined) return true;
    this.#chunks?.shift();
    this.#from = 0;
    this.execution?.taken();
    return this.#chunks === undefined || this.#chunks.length === 0 ? this.#idle() : true;
  }

  protected complete(end: ResultEnd, now: number): QueryResult | undefined {
    this.#end = end;
    this.#endedAt = now;
    return this.#chunks === undefined ? this.#result(end, now) : undefined;
  }

  protected drop(): void {
    // The decoder finds nothing and forgets it.
    if (this.#chunks !== undefined) for (const _ of this.#chunks.splice(0)) this.execution?.taken();
    this.#rows = [];
    this.#from = 0;
    this.#broken = undefined;
  }

  /** Out of the decoder's queue. */
  #idle(): false {
    this.#chunks = undefined;
    if (this.#end !== undefined && this.state === 'reading') {
      try {
        this.deliver(this.#result(this.#end, this.#endedAt));
      } catch (error) {
        this.fault(error);
      }
    }
    return false;
  }

  /** A codec of the user's may throw: what is left is read and thrown away, for the connection must go on. */
  #decode(chunk: ResultChunk, from: number, to: number): void {
    try {
      chunk.decode(from, to, this.#rows);
    } catch (error) {
      this.#broken = { error };
    }
  }

  #result(end: ResultEnd, now: number): QueryResult {
    if (this.#broken !== undefined) throw this.#broken.error;
    const { startedAt } = this.budget;
    return {
      rows: this.#rows,
      rowCount: end.rowCount,
      fields: end.fields,
      command: end.command,
      timings: { acquireMs: this.sentAt - startedAt, executeMs: now - this.sentAt, totalMs: now - startedAt },
    };
  }
}
