// One statement's way out of the worker: its chunks are sent against credits. Not reading on holds the chunks in the
// connection, then the socket, then the server: that is the back-pressure.
import {
  CHUNK_WINDOW,
  type CancelReason,
  type Execution,
  type RawChunk,
  type ResultEnd,
} from '../connection/execution.js';

export class HostedExecution {
  readonly #execution: Execution;
  #credits = CHUNK_WINDOW;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  /** The reader took a chunk: another may be sent. */
  credit(): void {
    this.#credits++;
    this.#wake?.();
  }

  /** The reader left: nothing is sent any more, the rest is read and dropped. */
  cancel(reason: CancelReason): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    return this.#execution.cancel(reason);
  }

  /** Every chunk in order, then the end; rejects as the execution does. */
  async forward(send: (chunk: RawChunk) => void): Promise<ResultEnd> {
    for (let chunk = await this.#execution.next(); chunk; chunk = await this.#execution.next()) {
      if (this.#stopped) continue;
      send(chunk.raw);
      this.#credits--;
      while (!this.#mayContinue()) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#execution.end;
  }

  #mayContinue(): boolean {
    return this.#credits > 0 || this.#stopped;
  }
}
