// A flight that stops every so many rows and goes on when its reader asks: a portal with a row limit (manual 55.2.3). Its
// Sync, which closes the portal, is sent when it is done with.
import { WireError, type ServerMessage, type Step } from '@hydrogen/wire';
import type { CancelReason, Limits } from '../connection/execution.js';
import type { ExchangeOwner } from './exchange-owner.js';
import { StatementExchange } from './statement-exchange.js';
import type { StatementPart } from './statement-part.js';

export class CursorExchange extends StatementExchange {
  readonly #rows: number;
  /** What was sent with it, and an `execute` for each fetch. */
  #asked: Step[] = [];
  #state: 'running' | 'suspended' | 'finishing' | 'synced' = 'running';

  constructor(
    owner: ExchangeOwner<StatementExchange>,
    parts: readonly StatementPart[],
    limits: Limits,
    fetchRows: number,
  ) {
    super(owner, parts, limits, false);
    this.#rows = fetchRows;
  }

  override get steps(): readonly Step[] {
    return this.#asked;
  }

  protected override get fetchRows(): number {
    return this.#rows;
  }

  protected override written(): void {
    this.#asked = [...super.steps];
    this.#state = 'running';
    this.owner.writer.flush();
  }

  /** It has not sent one. */
  protected override syncAgain(): void {}

  override suspended(): void {
    this.resumePart();
    if (!this.last) throw new WireError('the server suspended what had no limit');
    const { part, owner } = this;
    this.emit(part, part.take(false, owner.destination));
    if (this.#state === 'finishing' || this.cancelReason) return this.#sync();
    this.#state = 'suspended';
    part.sink?.suspended?.();
  }

  override completed(tag: string): void {
    super.completed(tag);
    if (this.last) this.#sync();
  }

  override failed(error: ServerMessage): void {
    super.failed(error);
    this.#sync();
  }

  override fetch(): void {
    if (this.#state !== 'suspended') return;
    this.#state = 'running';
    this.#asked.push('execute');
    this.owner.writer.execute(this.#rows);
    this.owner.writer.flush();
    this.owner.flushSoon();
  }

  override finish(): void {
    if (this.#state === 'running') this.#state = 'finishing';
    else this.#sync();
  }

  override doom(reason: CancelReason): void {
    super.doom(reason);
    if (this.#state === 'suspended') this.#sync();
  }

  protected override get cutShort(): boolean {
    return this.cancelReason !== undefined;
  }

  #sync(): void {
    if (this.#state === 'synced') return;
    this.#state = 'synced';
    this.owner.writer.sync();
    this.owner.flushSoon();
  }
}
