// COPY … FROM STDIN inside the worker: what comes while the connection waits for its socket is kept here, at most what the
// sender may have on its way, and the sender hears how much has gone on.
import type { Execution } from '../connection/execution.js';

export class CopyQueue {
  readonly #execution: Execution;
  readonly #onTaken: (bytes: number) => void;
  readonly #pieces: Uint8Array[] = [];
  #blocked = false;
  #end: { readonly error: string | undefined } | undefined;

  constructor(execution: Execution, onTaken: (bytes: number) => void) {
    this.#execution = execution;
    this.#onTaken = onTaken;
  }

  data(bytes: Uint8Array): void {
    if (this.#blocked) this.#pieces.push(bytes);
    else this.#hand(bytes);
  }

  end(error: string | undefined): void {
    this.#end = { error };
    if (!this.#blocked || error !== undefined) this.#finish();
  }

  /** The connection takes more. */
  writable(): void {
    this.#blocked = false;
    while (!this.#blocked && this.#pieces.length > 0) this.#hand(this.#pieces.shift() as Uint8Array);
    if (!this.#blocked && this.#end) this.#finish();
  }

  #hand(bytes: Uint8Array): void {
    this.#blocked = !this.#execution.copyData(bytes);
    this.#onTaken(bytes.length);
  }

  /** An error undoes the statement: what has not gone yet need not go any more. */
  #finish(): void {
    const { error } = this.#end as { error: string | undefined };
    this.#end = undefined;
    this.#pieces.length = 0;
    this.#execution.copyEnd(error);
  }
}
