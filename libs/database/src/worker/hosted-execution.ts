// One flight on its way out of the worker: what its connection pushes goes on at once, and `taken` comes back with the
// reader's credit. So no chunk waits here: it waits in the connection, then in the socket, then in the server.
import type { Connection } from '../connection/connection.js';
import type { TravellingChunk } from '../connection/chunk-form.js';
import type { CancelReason, Execution, ResultChunk, ResultEnd, ResultSink } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { AnswerSender } from './answer-sender.js';
import { CopyQueue } from './copy-queue.js';

export class HostedExecution {
  #inner: Execution | undefined;
  #cancelled = false;
  /** Chunks sent whose credit has not come back. */
  #unread = 0;
  #open = 0;
  #copy: CopyQueue | undefined;

  constructor(
    /** What the connection is called on both sides. */
    readonly number: number,
    readonly connection: Connection,
    readonly answers: AnswerSender,
    private readonly onOver: () => void,
  ) {}

  /** For each statement of the flight, before it is begun. */
  sink(id: number): ResultSink {
    this.#open++;
    return new HostedSink(id, this);
  }

  begin(inner: Execution): void {
    this.#inner = inner;
    // Chunks that came before the execution was known; a connection of ours pushes none so early.
    if (this.#cancelled) this.#release();
  }

  credit(chunks: number): void {
    for (let left = Math.min(chunks, this.#unread); left > 0; left--) this.#taken();
  }

  /** The reader left: nothing is sent any more, the rest is read and dropped. */
  async cancel(reason: CancelReason): Promise<void> {
    this.#cancelled = true;
    const cancelled = this.#inner?.cancel(reason);
    this.#release();
    await cancelled;
  }

  fetch(): void {
    this.#inner?.fetch();
  }

  finish(): void {
    this.#inner?.finish();
  }

  copyData(id: number, bytes: Uint8Array): void {
    this.#copyOf(id)?.data(bytes);
  }

  copyEnd(id: number, error?: string): void {
    this.#copyOf(id)?.end(error);
  }

  /** @internal For HostedSink, like all below. */
  chunk(id: number, chunk: ResultChunk): void {
    if (this.#cancelled) return this.#inner?.taken();
    this.#unread++;
    // Connections in a worker make no others.
    this.answers.chunk(this.number, id, chunk as TravellingChunk);
  }

  /** The first time is the server's word that it waits; from then on the queue is asked, and the bytes are counted. */
  writable(id: number): void {
    if (this.#copy) return this.#copy.writable();
    this.#copyOf(id);
    this.answers.writable(this.number, id);
  }

  over(): void {
    if (--this.#open > 0) return;
    // No more credit comes, for nothing more would be sent; a socket that was stopped for this flight is the next one's.
    this.#release();
    this.onOver();
  }

  #copyOf(id: number): CopyQueue | undefined {
    const inner = this.#inner;
    return (this.#copy ??= inner && new CopyQueue(inner, (bytes) => this.answers.copyTaken(this.number, id, bytes)));
  }

  #release(): void {
    while (this.#inner && this.#unread > 0) this.#taken();
  }

  #taken(): void {
    this.#unread--;
    this.#inner?.taken();
  }
}

class HostedSink implements ResultSink {
  constructor(
    private readonly id: number,
    private readonly flight: HostedExecution,
  ) {}

  chunk(chunk: ResultChunk): void {
    this.flight.chunk(this.id, chunk);
  }

  suspended(): void {
    this.flight.answers.suspended(this.flight.number, this.id);
  }

  writable(): void {
    this.flight.writable(this.id);
  }

  end(end: ResultEnd): void {
    const { answers, number, connection } = this.flight;
    answers.ended(number, this.id, end, connection.transactionStatus);
    this.flight.over();
  }

  fail(error: DatabaseError): void {
    const { answers, number, connection } = this.flight;
    const status = connection.transactionStatus;
    answers.item({ kind: 'failed', connection: number, id: this.id, error: encodeError(error), status });
    this.flight.over();
  }
}
