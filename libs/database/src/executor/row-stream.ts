// Rows one by one while they come, decoded as they are asked for: at most a few milliseconds in one turn of the loop, shared
// with all other results. The statement is sent at the first step.
import type { ResultChunk } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { Row } from '../query/query-result.js';
import { ChunkDecoder } from './chunk-decoder.js';
import { Pull } from './pull.js';
import type { StreamCall } from './stream-call.js';

export class RowStream<T extends object = Row> extends Pull<T> {
  readonly #open: () => StreamCall;
  #call: StreamCall | undefined;
  #decoder: ChunkDecoder | undefined;
  #rows: Row[] = [];
  #at = 0;

  /** @param open sends the statement; it may throw what the caller is to hear */
  constructor(database: string, open: () => StreamCall) {
    super(database);
    this.#open = open;
  }

  protected override ready(): T | undefined {
    return this.#rows[this.#at++] as T | undefined;
  }

  protected async pull(): Promise<T | undefined> {
    const call = (this.#call ??= this.#open());
    const decoder = (this.#decoder ??= new ChunkDecoder(call));
    for (;;) {
      if (decoder.empty) {
        const chunk = await call.read();
        if (chunk === undefined) return undefined;
        decoder.add(chunk as ResultChunk);
      }
      this.#rows = [];
      this.#at = 0;
      await decoder.slice(this.#rows);
      const row = this.ready();
      if (row !== undefined) return row;
    }
  }

  protected leave(error: DatabaseError): void {
    this.#rows = [];
    this.#decoder?.drop();
    this.#call?.leave(error);
  }
}
