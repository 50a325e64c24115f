// One flight: statements up to their Sync, their answers, and how they end. It settles its sinks once, at ReadyForQuery or
// with its connection, on every path. The connection decides when it is sent, cancelled, or sent again. It is one piece, and
// long, because every ending looks at the same state: what came, what was handed on, and who had left by then.
import {
  WireError,
  type CopyDirection,
  type Exchange,
  type ServerMessage,
  type SessionStatus,
  type Step,
  type WireField,
} from '@hydrogen/wire';
import { CHUNK_BYTES, CHUNK_WINDOW } from '../connection/execution.js';
import type { CancelReason, Execution, Limits, ResultChunk } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import { FlightErrors, type Beyond } from './flight-errors.js';
import type { ExchangeOwner } from './exchange-owner.js';
import type { StatementPart } from './statement-part.js';

export class StatementExchange implements Exchange, Execution {
  readonly parts: readonly StatementPart[];
  readonly shared: boolean;
  protected readonly owner: ExchangeOwner<StatementExchange>;
  protected readonly limits: Limits;
  protected readonly errors: FlightErrors;
  #steps: readonly Step[] = [];
  /** The part that the server works on. */
  #at = 0;
  #unread = 0;
  #failure: { readonly error: ServerMessage; readonly part: number } | undefined;
  #beyond: Beyond | undefined;
  /** Rows were thrown away after a cancel: the answer, were it whole at the server's side, must not resolve. */
  #dropped = false;
  #emitted = false;
  #retried = false;
  #settled = false;
  sent = false;
  /** A neighbour's cancel was on its way while it was: it may have hit it although that is over. */
  exposed = false;
  cancelReason: CancelReason | undefined;

  constructor(
    owner: ExchangeOwner<StatementExchange>,
    parts: readonly StatementPart[],
    limits: Limits,
    shared: boolean,
  ) {
    this.owner = owner;
    this.parts = parts;
    this.limits = limits;
    this.shared = shared;
    this.errors = new FlightErrors(owner.database, () => this.cancelReason);
  }

  get settled(): boolean {
    return this.#settled;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  get columns(): number | undefined {
    return this.part.shape?.fields.length;
  }

  get rowCeiling(): number {
    return this.limits.maxBytes;
  }

  protected get part(): StatementPart {
    return this.parts[this.#at] ?? (this.parts.at(-1) as StatementPart);
  }

  /** Writes the whole flight. */
  send(): void {
    this.sent = true;
    const { owner, parts } = this;
    this.#steps =
      parts.length === 1
        ? (parts[0] as StatementPart).send(owner, this.fetchRows)
        : parts.flatMap((part, index) => [...part.send(owner, index === parts.length - 1 ? this.fetchRows : 0)]);
    this.written();
  }

  /** Most rows of the last part's Execute. */
  protected get fetchRows(): number {
    return 0;
  }

  /** What ends the flight. */
  protected written(): void {
    this.owner.writer.sync();
  }

  // ── what the server says ──

  answered(step: Step): void {
    if (step === 'execute') this.#at++;
    else if (step === 'close') this.part.evicted = undefined;
  }

  described(fields: readonly WireField[] | undefined): void {
    this.part.describe(fields, this.owner.types);
  }

  row(bytes: Buffer, start: number, end: number): void {
    if (this.#beyond) return;
    if (this.cancelReason) {
      this.#dropped = true;
      return;
    }
    const { part, owner } = this;
    const limit = part.row(bytes, start, end, this.limits, owner.destination);
    if (limit !== undefined) this.stopAt({ limit });
    else if (part.pending >= CHUNK_BYTES) this.emit(part, part.take(false, owner.destination));
  }

  rowSkipped(): void {
    this.stopAt({ limit: `${this.limits.maxBytes} bytes` });
  }

  completed(tag: string): void {
    this.part.tag = tag;
    this.part.complete = true;
    if (tag === 'DISCARD ALL' || tag === 'DEALLOCATE ALL') this.owner.prepared.clear();
  }

  suspended(): void {
    throw new WireError('the server suspended what had no limit');
  }

  /** The server works on the last of its statements. */
  protected get last(): boolean {
    return this.#at >= this.parts.length - 1;
  }

  /** The portal goes on with the next Execute: the part is not over. */
  protected resumePart(): void {
    this.#at--;
  }

  copyStarted(direction: CopyDirection): void {
    if (direction === 'out') return this.stopAt('copy');
    this.#beyond ??= 'copy';
    this.owner.writer.copyFail('query() takes no COPY data');
    if (this.last) this.syncAgain();
    this.owner.flushSoon();
  }

  /** In copy-in mode the server has ignored the Sync that came right behind the statement (manual 55.2.7). */
  protected syncAgain(): void {
    this.owner.writer.sync();
  }

  copied(_bytes: Buffer): void {}

  failed(error: ServerMessage): void {
    this.#failure = { error, part: Math.min(this.#at, this.parts.length - 1) };
  }

  ready(status: SessionStatus): void {
    this.owner.ready(this, status);
  }

  // ── what its sender says ──

  taken(): void {
    if (this.#unread-- === CHUNK_WINDOW) this.owner.resume();
  }

  cancel(reason: CancelReason): Promise<void> {
    return this.owner.cancel(this, reason);
  }

  fetch(): void {}

  finish(): void {}

  copyData(_bytes: Uint8Array): boolean {
    return true;
  }

  copyEnd(_error?: string): void {}

  // ── what its connection says ──

  /** The caller has left. */
  doom(reason: CancelReason): void {
    this.cancelReason ??= reason;
    for (const part of this.parts) {
      if (part.pending > 0) this.#dropped = true;
      part.drop();
    }
    if (this.#unread > 0) this.#dropped = true;
  }

  /** It failed for no fault of its own (its prepared statement is not what it was), and has handed on nothing. */
  get stale(): boolean {
    return this.stalePart !== undefined && !this.#emitted && !this.#retried && !this.cancelReason;
  }

  /** A neighbour's cancel hit it. */
  get hit(): boolean {
    return this.shared && this.#failure?.error.code === '57014' && !this.cancelReason && !this.#emitted;
  }

  /** The part whose prepared statement the server does not know, or not as it was. */
  get stalePart(): StatementPart | undefined {
    const failure = this.#failure;
    const part = failure && this.parts[failure.part];
    return failure && part?.reused && isStale(failure.error) ? part : undefined;
  }

  /** Without an answer it may have been done: what looks like a read may call a function that writes. */
  get doubtful(): boolean {
    return this.sent && !this.shared;
  }

  get failure(): ServerMessage | undefined {
    return this.#failure?.error;
  }

  /** Everything as before it was sent; for what has handed on nothing yet. */
  restart(): void {
    this.#retried ||= this.stale;
    for (const part of this.parts) part.restart();
    this.#at = 0;
    this.#failure = undefined;
    this.sent = this.exposed = false;
  }

  /** ReadyForQuery came, and nothing more can happen to it. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    // All has been received: what its reader has not taken yet holds up nobody behind it.
    if (this.#unread >= CHUNK_WINDOW) this.owner.resume();
    const { part, errors } = this;
    if (this.#beyond) return this.#failAll(errors.beyond(this.#beyond, part), this.#at);
    if (this.#failure) {
      const { error, part: index } = this.#failure;
      return this.#failAll(errors.server(error, this.parts[index] as StatementPart), index);
    }
    if (this.#dropped || this.cutShort) return this.#failAll(errors.cutShort(part), this.#at);
    for (const each of this.parts) {
      try {
        this.emit(each, each.take(true, this.owner.destination));
      } catch (error) {
        // Also of a sink that reads at once what cannot be read: it is to hear how it ends all the same.
        each.sink?.fail(this.owner.broken(error));
        continue;
      }
      each.sink?.end(each.end);
    }
  }

  /** It was cancelled by other means than an error. */
  protected get cutShort(): boolean {
    return false;
  }

  /**
   * The connection ended first, or it was never sent. What the server said of it goes before `error`.
   * @param byUs nobody else wanted that end
   */
  abandon(error: DatabaseError, byUs = true): void {
    if (this.#settled) return;
    this.#settled = true;
    const { part, errors } = this;
    if (this.#beyond) return this.#failAll(errors.beyond(this.#beyond, part, error), this.#at);
    if (!this.#failure) return this.#failAll(byUs ? errors.closing(error) : error, this.#at);
    this.#failAll(errors.server(this.#failure.error, part, { inDoubt: this.doubtful }), this.#failure.part);
  }

  protected emit(part: StatementPart, chunk: ResultChunk | undefined): void {
    if (!chunk || !part.sink) return;
    this.#emitted = true;
    this.#unread++;
    part.sink.chunk(chunk);
    if (this.#unread >= CHUNK_WINDOW && !this.shared && !this.#settled) this.owner.pause();
  }

  protected stopAt(beyond: Beyond): void {
    if (this.#beyond) return;
    this.#beyond = beyond;
    void this.cancel('limit');
  }

  /** @param at the part whose error it is; of what was sent along (BEGIN, a setting) it is the statement's behind it */
  #failAll(error: DatabaseError, at: number): void {
    const own = this.parts.findIndex(({ sink }, index) => sink && index >= Math.min(at, this.parts.length - 1));
    this.parts.forEach((part, index) => part.sink?.fail(index === own ? error : this.errors.neighbour(error, own)));
  }
}

function isStale({ code, routine }: ServerMessage): boolean {
  return code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery');
}
