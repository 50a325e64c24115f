// A statement whose socket stands in a worker, as its sender holds it. It settles its sink once, whatever comes twice or
// too late, and counts what its reader took, so that a whole tick's credits are one frame.
import type { CancelReason, Execution, ResultChunk, ResultEnd, ResultSink } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { RemoteChannel } from './remote-channel.js';
import type { Debtor } from './request-sender.js';

/** Bytes of COPY data on their way to the server's socket before the sender is told to wait. */
export const COPY_WINDOW = 1_048_576;

export class RemoteExecution implements Execution, Debtor {
  readonly #channel: RemoteChannel;
  readonly #sink: ResultSink;
  /** Of a batch the first one stands for all: credits, cancel and loss are the flight's. */
  private readonly lead: RemoteExecution;
  #cancelling: Promise<void> | undefined;
  #settled = false;
  /** Statements of the flight without an answer. */
  #open = 0;
  /** Chunks taken and not yet told. */
  #owed = 0;
  #copying = 0;
  #blocked = false;

  constructor(
    readonly id: number,
    channel: RemoteChannel,
    sink: ResultSink,
    /** In a session that cannot write: nothing is in doubt when its answer is lost. */
    readonly harmless: boolean,
    lead?: RemoteExecution,
  ) {
    this.#channel = channel;
    this.#sink = sink;
    this.lead = lead ?? this;
    this.lead.#open++;
  }

  /** Nothing of the flight is left to be answered. */
  get over(): boolean {
    return this.#open === 0;
  }

  get connection(): number {
    return this.#channel.connection;
  }

  taken(): void {
    if (this.#open > 0 && !this.#cancelling && this.#owed++ === 0) this.#channel.sender.owe(this);
  }

  settleDebt(): number {
    const owed = this.#owed;
    this.#owed = 0;
    return owed;
  }

  cancel(reason: CancelReason): Promise<void> {
    if (this.#open === 0) return this.#cancelling ?? Promise.resolve();
    return (this.#cancelling ??= this.#cancel(reason));
  }

  fetch(): void {
    if (!this.#settled) this.#channel.sender.fetch(this.connection, this.id);
  }

  finish(): void {
    if (!this.#settled) this.#channel.sender.finish(this.connection, this.id);
  }

  copyData(bytes: Uint8Array): boolean {
    if (this.#settled) return true;
    this.#channel.sender.copyData(this.connection, this.id, bytes);
    this.#copying += bytes.length;
    this.#blocked = this.#copying >= COPY_WINDOW;
    return !this.#blocked;
  }

  copyEnd(error?: string): void {
    if (this.#settled) return;
    const { sender, connection } = this.#channel;
    if (error === undefined) sender.copyEnd(connection, this.id);
    else sender.item({ kind: 'copy-fail', connection, id: this.id, message: error });
  }

  /** The worker handed COPY data on. */
  copyTaken(bytes: number): void {
    this.#copying -= bytes;
    if (this.#blocked && this.#copying <= COPY_WINDOW / 2) {
      this.#blocked = false;
      this.writable();
    }
  }

  writable(): void {
    if (!this.#settled) this.#sink.writable?.();
  }

  suspended(): void {
    if (this.wantsChunks) this.#sink.suspended?.();
  }

  /** Chunks that come after a cancel are nobody's: the worker goes on by itself. */
  get wantsChunks(): boolean {
    return !this.#settled && !this.lead.#cancelling;
  }

  chunk(chunk: ResultChunk): void {
    this.#sink.chunk(chunk);
  }

  end(end: ResultEnd): void {
    if (this.#settle()) this.#sink.end(end);
  }

  fail(error: DatabaseError): void {
    if (this.#settle()) this.#sink.fail(error);
  }

  async #cancel(reason: CancelReason): Promise<void> {
    const { connection } = this.#channel;
    // Never rejects: whatever it is answered, or the connection is gone.
    await this.#channel.ask((id) => ({ kind: 'cancel', connection, id, execution: this.id, reason })).catch(() => {});
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.lead.#open--;
    return true;
  }
}
