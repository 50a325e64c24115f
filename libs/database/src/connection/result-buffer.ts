// Between whoever receives a result and its reader: chunks in order, one end. Both kinds of connection use it, so that
// "settles exactly once" is written once.
import type { DatabaseError } from '../errors/database.error.js';
import { deferred } from './deferred.js';
import type { ResultChunk, ResultEnd } from './execution.js';

export class ResultBuffer {
  readonly #chunks: ResultChunk[] = [];
  readonly #end = deferred<ResultEnd>();
  readonly #onRead: () => void;
  #waiting: (() => void) | undefined;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #discarding = false;

  /** @param onRead called after each chunk that the reader took: the place to resume a socket or give a credit. */
  constructor(onRead: () => void) {
    this.#onRead = onRead;
    // Readers of chunks hear the failure from next(); nobody has to watch `end` as well.
    this.#end.promise.catch(() => {});
  }

  get end(): Promise<ResultEnd> {
    return this.#end.promise;
  }

  get settled(): boolean {
    return this.#state !== 'open';
  }

  /** Chunks that the reader has not taken yet. */
  get unread(): number {
    return this.#chunks.length;
  }

  push(chunk: ResultChunk): void {
    if (this.settled || this.#discarding) return;
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** The reader has left: what comes is dropped, what lies here too. */
  discard(): void {
    this.#discarding = true;
    this.#chunks.length = 0;
    this.#onRead();
  }

  finish(end: ResultEnd): void {
    if (this.settled) return;
    this.#state = 'ended';
    this.#end.resolve(end);
    this.#wake();
  }

  fail(error: DatabaseError): void {
    if (this.settled) return;
    this.#state = 'failed';
    this.#chunks.length = 0;
    this.#end.reject(error);
    this.#wake();
  }

  async next(): Promise<ResultChunk | undefined> {
    while (this.#chunks.length === 0) {
      if (this.settled) {
        await this.#end.promise;
        return undefined;
      }
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
    const chunk = this.#chunks.shift();
    this.#onRead();
    return chunk;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}
