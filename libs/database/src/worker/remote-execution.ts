// A statement whose socket stands in a worker: chunks come as messages and are decoded here, on the reader's thread.
import type { CancelReason, Execution, ResultChunk, ResultEnd } from '../connection/execution.js';
import { ResultBuffer } from '../connection/result-buffer.js';
import type { RawChunk } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import { TextChunk } from '../postgres/decode.js';

export interface RemoteExecutionOwner {
  credit(execution: RemoteExecution): void;
  cancel(execution: RemoteExecution, reason: CancelReason): Promise<void>;
}

export class RemoteExecution implements Execution {
  readonly #owner: RemoteExecutionOwner;
  readonly #buffer: ResultBuffer;
  #cancelling: Promise<void> | undefined;

  constructor(
    readonly id: number,
    owner: RemoteExecutionOwner,
  ) {
    this.#owner = owner;
    this.#buffer = new ResultBuffer(() => this.#owner.credit(this));
  }

  get end(): Promise<ResultEnd> {
    return this.#buffer.end;
  }

  get settled(): boolean {
    return this.#buffer.settled;
  }

  next(): Promise<ResultChunk | undefined> {
    return this.#buffer.next();
  }

  cancel(reason: CancelReason): Promise<void> {
    if (this.settled) return Promise.resolve();
    this.#buffer.discard();
    return (this.#cancelling ??= this.#owner.cancel(this, reason));
  }

  chunk(raw: RawChunk): void {
    this.#buffer.push(new TextChunk(raw));
  }

  finish(end: ResultEnd): void {
    this.#buffer.finish(end);
  }

  fail(error: DatabaseError): void {
    this.#buffer.fail(error);
  }
}
