// A statement whose result is read while it comes: chunks lie here, at most a window of them, until their reader takes
// them. It makes nothing of them; that is for RowStream, ByteStream and Cursor.
import type { Connection } from '../connection/connection.js';
import type { Execution, ResultChunk, ResultEnd } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import type { OpenCall } from './call-port.js';
import { StatementCall } from './statement-call.js';

/** Inside a transaction a result comes in portions of so many rows, because a cancel would fail the transaction. */
const PORTION_ROWS = 1_000;

/**
 * whole: the server sends as fast as it is read. portions: a portal inside a transaction, whose next rows are fetched when
 * the last ones are nearly read. cursor: a portal whose next rows are fetched when its reader asks.
 */
type Pace = 'whole' | 'portions' | 'cursor';

export class StreamCall extends StatementCall<ResultEnd> implements OpenCall {
  override readonly streamed = true;
  readonly #chunks: ResultChunk[] = [];
  #pace: Pace = 'whole';
  #inside: boolean;
  #suspended = false;
  #emitted = false;
  #over = false;
  #left: DatabaseError | undefined;
  #waiting: (() => void) | undefined;

  constructor(context: CallContext, options: CallOptions) {
    // How long it takes is its reader's doing: nothing is learned from it.
    super(context, { ...options, profile: undefined });
    this.#inside = options.transactionTimeoutMs !== undefined;
    const settled = (): void => {
      this.#over = true;
      this.#wake();
    };
    // Whoever reads hears of a failure there; nobody has to watch the promise as well.
    this.promise.then(settled, settled);
  }

  protected override start(connection: Connection): Execution {
    const { own } = this.options;
    // A lease may be in a transaction of its holder's making.
    this.#inside ||= connection.transactionStatus !== 'I';
    if (own.fetchRows !== undefined) this.#pace = 'cursor';
    else if (this.#inside && own.copy === undefined) this.#pace = 'portions';
    const options = this.#pace === 'portions' ? { ...own, fetchRows: PORTION_ROWS } : own;
    return connection.execute(this.statement, options, this);
  }

  /** Settles when the first chunk is there, or all there will be. @throws what the call came to before that */
  async begun(): Promise<void> {
    if (!this.#emitted && !this.#over) await this.#news();
    // An answer of one chunk and an end is whole; an error behind a chunk is the reader's.
    if (this.#chunks.length === 0 && this.#over) await this.promise;
  }

  /**
   * The next chunk: give `taken` a call when it is of no more use. `'suspended'`: a cursor's rows are all here, `more` asks
   * for others. Undefined at the end. One at a time. @throws what the call came to
   */
  async read(): Promise<ResultChunk | 'suspended' | undefined> {
    for (;;) {
      if (this.#left !== undefined) throw this.#left;
      const chunk = this.#chunks.shift();
      this.#fetchAhead();
      if (chunk !== undefined) return chunk;
      if (this.#over) {
        await this.promise;
        return undefined;
      }
      if (this.#suspended && this.#pace === 'cursor') return 'suspended';
      await this.#news();
    }
  }

  taken(): void {
    this.execution?.taken();
  }

  /** The next rows of a portal that waits. */
  more(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    this.execution?.fetch();
  }

  /** The reader goes. A portal is closed, which fails nothing; anything else is cancelled at the server. */
  leave(error: DatabaseError): void {
    if (this.#left !== undefined || (this.#over && this.#chunks.length === 0)) return;
    this.#left = error;
    this.drop();
    const closes = this.#suspended || (this.#inside && this.#pace !== 'whole');
    if (this.state === 'sent' && closes) this.execution?.finish();
    else this.cancel('reader-left', error);
    this.#wake();
  }

  suspended(): void {
    this.#suspended = true;
    this.#fetchAhead();
    this.#wake();
  }

  override get repeatable(): boolean {
    return !this.#emitted;
  }

  /** Once somebody has seen a part of it, it cannot begin anew. */
  override standAlone(error: DatabaseError): boolean {
    return !this.#emitted && super.standAlone(error);
  }

  protected receive(chunk: ResultChunk): void {
    if (this.#left !== undefined) return this.taken();
    this.#emitted = true;
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** What has come can still be read: the connection is free, and no deadline counts any more. */
  protected complete(end: ResultEnd): ResultEnd {
    return end;
  }

  protected drop(): void {
    for (const _ of this.#chunks.splice(0)) this.taken();
  }

  #fetchAhead(): void {
    if (this.#pace === 'portions' && this.#chunks.length < 2 && this.#left === undefined) this.more();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}
