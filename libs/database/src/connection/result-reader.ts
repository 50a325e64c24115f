// A sink for whoever would rather pull: chunks in order, one end. Streams and the worker's way out are built on it.
import type { DatabaseError } from '../errors/database.error.js';
import { deferred } from './deferred.js';
import type { Execution, ResultChunk, ResultEnd, ResultSink } from './execution.js';

export class ResultReader implements ResultSink {
  readonly #chunks: ResultChunk[] = [];
  readonly #end = deferred<ResultEnd>();
  #waiting: (() => void) | undefined;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #suspended = false;
  #discarding = false;
  /** Given by whoever sent the statement, right after. */
  execution: Execution | undefined;

  constructor() {
    // Readers of chunks hear the failure from next(); nobody has to watch `ended` as well.
    this.#end.promise.catch(() => {});
  }

  get ended(): Promise<ResultEnd> {
    return this.#end.promise;
  }

  get settled(): boolean {
    return this.#state !== 'open';
  }

  chunk(chunk: ResultChunk): void {
    if (this.#discarding) return this.execution?.taken();
    this.#chunks.push(chunk);
    this.#wake();
  }

  end(end: ResultEnd): void {
    this.#state = 'ended';
    this.#end.resolve(end);
    this.#wake();
  }

  fail(error: DatabaseError): void {
    this.#state = 'failed';
    this.#chunks.length = 0;
    this.#end.reject(error);
    this.#wake();
  }

  suspended(): void {
    this.#suspended = true;
    this.#wake();
  }

  /** The reader has left: what comes is dropped, what lies here too. */
  discard(): void {
    this.#discarding = true;
    for (const _ of this.#chunks.splice(0)) this.execution?.taken();
  }

  /** The next chunk; `'suspended'` when a cursor has given its rows; undefined at the end. Rejects as the result does. */
  async next(): Promise<ResultChunk | 'suspended' | undefined> {
    while (this.#chunks.length === 0) {
      if (this.settled) {
        await this.#end.promise;
        return undefined;
      }
      if (this.#suspended) {
        this.#suspended = false;
        return 'suspended';
      }
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
    return this.#chunks.shift();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}
