// A result in portions that its reader asks for: a portal with a row limit. The server makes no more rows than that, and
// none while its reader is busy.
import type { DatabaseError } from '../errors/database.error.js';
import type { Row } from '../query/query-result.js';
import { ChunkDecoder } from './chunk-decoder.js';
import { Pull } from './pull.js';
import type { StreamCall } from './stream-call.js';

export class Cursor<T extends object = Row> extends Pull<T[]> {
  readonly #open: () => StreamCall;
  #call: StreamCall | undefined;
  #decoder: ChunkDecoder | undefined;

  /** @param open sends the statement; it may throw what the caller is to hear */
  constructor(database: string, open: () => StreamCall) {
    super(database);
    this.#open = open;
  }

  protected async pull(): Promise<T[] | undefined> {
    const call = this.#call;
    if (call === undefined) this.#call = this.#open();
    else call.more();
    const rows = await this.#portion(this.#call as StreamCall);
    return rows.length === 0 ? undefined : (rows as T[]);
  }

  protected leave(error: DatabaseError): void {
    this.#decoder?.drop();
    this.#call?.leave(error);
  }

  async #portion(call: StreamCall): Promise<Row[]> {
    const decoder = (this.#decoder ??= new ChunkDecoder(call));
    const rows: Row[] = [];
    for (;;) {
      const chunk = await call.read();
      if (chunk === undefined || chunk === 'suspended') return rows;
      decoder.add(chunk);
      await decoder.whole(rows);
    }
  }
}
