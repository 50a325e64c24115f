// Decodes the chunk at hand of one streamed result, slice by slice, each in its turn among all results of the process. A
// codec that throws ends the stream, not the connection.
import type { ResultChunk } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { Row } from '../query/query-result.js';
import { SLICE_ROWS, type DecodeWork } from './decode-scheduler.js';
import { explain } from './statement-errors.js';
import type { StreamCall } from './stream-call.js';

/** Decoded at once, without a look at the clock. */
const SMALL_BYTES = 16_384;

export class ChunkDecoder implements DecodeWork {
  readonly #call: StreamCall;
  #chunk: ResultChunk | undefined;
  #from = 0;
  #into: Row[] = [];
  #done: ((failed?: DatabaseError) => void) | undefined;

  constructor(call: StreamCall) {
    this.#call = call;
  }

  get empty(): boolean {
    return this.#chunk === undefined;
  }

  /** Only when it is empty. */
  add(chunk: ResultChunk): void {
    this.#chunk = chunk;
    this.#from = 0;
  }

  /** Appends the next rows of the chunk, at most SLICE_ROWS. @throws what a codec of the user's threw */
  slice(into: Row[]): Promise<void> {
    this.#into = into;
    return new Promise((resolve, reject) => {
      this.#done = (failed) => (failed === undefined ? resolve() : reject(failed));
      const chunk = this.#chunk;
      const small = chunk !== undefined && chunk.rowCount <= SLICE_ROWS && chunk.byteLength <= SMALL_BYTES;
      if (small) this.decodeSlice();
      else this.#call.context.decoder.submit(this);
    });
  }

  /** All of the chunk, appended in slices. @throws as slice */
  async whole(into: Row[]): Promise<void> {
    while (!this.empty) await this.slice(into);
  }

  /** The reader has left. */
  drop(): void {
    if (this.#chunk === undefined) return;
    this.#chunk = undefined;
    this.#call.taken();
  }

  /** Out of the queue each time: the next slice is asked for when these rows have been read. */
  decodeSlice(): false {
    const done = this.#done;
    this.#done = undefined;
    let failed: DatabaseError | undefined;
    try {
      this.#decode();
    } catch (error) {
      failed = this.#failure(error);
    }
    done?.(failed);
    return false;
  }

  #decode(): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    const to = Math.min(this.#from + SLICE_ROWS, chunk.rowCount);
    chunk.decode(this.#from, to, this.#into);
    this.#from = to;
    if (to >= chunk.rowCount) this.drop();
  }

  #failure(error: unknown): DatabaseError {
    const { database } = this.#call.context;
    const failed = explain(error, { database, statementTimeoutMs: 0, elapsedMs: 0, harmless: true });
    this.drop();
    this.#call.leave(failed);
    return failed;
  }
}
