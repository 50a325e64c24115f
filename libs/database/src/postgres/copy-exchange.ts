// A flight that carries COPY data, one way or the other. Its Sync is sent behind the data: while they go in, the server would
// not see it (manual 55.2.7), and without one it would keep its last word to itself.
import type { CopyDirection, ServerMessage } from '@hydrogen/wire';
import { CHUNK_BYTES, type CancelReason, type Limits } from '../connection/execution.js';
import { BytesChunk } from './decode.js';
import type { ExchangeOwner } from './exchange-owner.js';
import { StatementExchange } from './statement-exchange.js';
import type { StatementPart } from './statement-part.js';

export class CopyExchange extends StatementExchange {
  readonly #wanted: CopyDirection;
  /** The server waits for data. */
  #open = false;
  #synced = false;
  /** Data from the server that make no chunk yet. */
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(
    owner: ExchangeOwner<StatementExchange>,
    parts: readonly StatementPart[],
    limits: Limits,
    wanted: CopyDirection,
  ) {
    super(owner, parts, limits, false);
    this.#wanted = wanted;
  }

  protected override written(): void {
    this.#synced = false;
    this.#pieces = [];
    this.#size = 0;
    this.owner.writer.flush();
  }

  override copyStarted(direction: CopyDirection): void {
    if (direction !== this.#wanted) this.stopAt('copy');
    if (direction !== 'in') return;
    this.#open = true;
    if (this.cancelReason) this.#giveUp('cancelled');
    else this.part.sink?.writable?.();
  }

  override copied(bytes: Buffer): void {
    if (this.cancelReason) return;
    // The server sends each row by itself.
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= CHUNK_BYTES) this.#handOn();
  }

  #handOn(): void {
    if (this.#size === 0 || this.cancelReason) return;
    // Copies them: views would keep alive all that the socket gave with them.
    const data = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    this.emit(this.part, new BytesChunk(data));
  }

  override completed(tag: string): void {
    super.completed(tag);
    if (!this.last) return;
    this.#open = false;
    this.#handOn();
    this.#sync();
  }

  override failed(error: ServerMessage): void {
    super.failed(error);
    this.#open = false;
    this.#sync();
  }

  override copyData(bytes: Uint8Array): boolean {
    if (!this.#open) return true;
    const { owner } = this;
    owner.writer.copyData(bytes);
    // Now, or a sender that does not let go of the turn would never hear that the socket is full.
    if (owner.writer.size >= CHUNK_BYTES) owner.flush();
    else owner.flushSoon();
    if (owner.writable) return true;
    owner.whenWritable(() => {
      if (this.#open) this.part.sink?.writable?.();
    });
    return false;
  }

  override copyEnd(error?: string): void {
    if (!this.#open) return;
    if (error !== undefined) return this.#giveUp(error);
    this.#open = false;
    this.owner.writer.copyDone();
    this.#sync();
  }

  override doom(reason: CancelReason): void {
    super.doom(reason);
    if (this.#open) this.#giveUp('cancelled');
  }

  protected override get cutShort(): boolean {
    return this.cancelReason !== undefined;
  }

  #giveUp(reason: string): void {
    this.#open = false;
    this.owner.writer.copyFail(reason);
    this.#sync();
  }

  #sync(): void {
    if (this.#synced) return;
    this.#synced = true;
    this.owner.writer.sync();
    this.owner.flushSoon();
  }
}
