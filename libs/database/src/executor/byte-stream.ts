// Bytes of a result while they come: JSON for an HTTP response, or the data of COPY. They are handed on as they are; the
// main thread parses nothing.
import { Readable } from 'node:stream';
import type { ResultChunk } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import { Pull } from './pull.js';
import type { StreamCall } from './stream-call.js';

/** What the bytes are. */
export type BytesForm = 'json' | 'ndjson' | 'copy';

/**
 * A result as bytes. It is read once, by `chunks`, as itself (`for await`), or by `toReadable()`. Unread, it holds its
 * connection until its deadline: `cancel()` what is not wanted.
 */
export interface BytesResult extends AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly form: BytesForm;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Rows, told at the end. Rejects as the result does, with DB_CANCELLED when it was left. Nobody has to watch it. */
  readonly rowCount: Promise<number>;
  /** As a Node stream, with back-pressure; destroying it leaves the result. */
  toReadable(): Readable;
  /** Leaves it: the statement is cancelled and the connection given back. Idempotent, never rejects. */
  cancel(): Promise<void>;
}

const EMPTY_ARRAY = Buffer.from('[]');

export class ByteStream extends Pull<Uint8Array> implements BytesResult {
  readonly rowCount: Promise<number>;
  readonly #call: StreamCall;
  #empty = true;

  private constructor(
    call: StreamCall,
    readonly form: BytesForm,
  ) {
    super(call.context.database);
    this.#call = call;
    this.rowCount = call.promise.then(({ rowCount }) => rowCount ?? 0);
    this.rowCount.catch(() => {});
  }

  /** Settles when the first bytes are there, or the end. @throws whatever the server says before that */
  static async open(call: StreamCall, form: BytesForm): Promise<ByteStream> {
    const stream = new ByteStream(call, form);
    await call.begun();
    return stream;
  }

  get chunks(): AsyncIterable<Uint8Array> {
    return this;
  }

  async cancel(): Promise<void> {
    await this.return();
  }

  toReadable(): Readable {
    return new ByteReadable(this[Symbol.asyncIterator]());
  }

  protected async pull(): Promise<Uint8Array | undefined> {
    const chunk = (await this.#call.read()) as ResultChunk | undefined;
    if (chunk !== undefined) {
      this.#call.taken();
      this.#empty = false;
      return chunk.bytes();
    }
    // A command that returns no rows at all is JSON too.
    if (!this.#empty || this.form !== 'json') return undefined;
    this.#empty = false;
    return EMPTY_ARRAY;
  }

  protected leave(error: DatabaseError): void {
    this.#call.leave(error);
  }
}

/** One chunk is asked for when there is room, and no earlier. */
class ByteReadable extends Readable {
  constructor(private readonly source: ByteStream) {
    super();
  }

  override _read(): void {
    this.source.next().then(
      ({ value }) => this.push(value ?? null),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.source.return().then(
      () => done(error),
      () => done(error),
    );
  }
}
