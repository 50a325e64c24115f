// Cells in the server's text form to JavaScript values: the same ones node-postgres gives (Types: pg), for its own
// parsers make them. It runs where the reader stands, so rows from a worker are equal to rows from here, prototypes and all.
import pg from 'pg';
import type { RawChunk, ResultChunk } from '../connection/execution.js';
import type { FieldInfo, Row } from '../query/query-result.js';

type CellParser = (text: string) => unknown;

/** A chunk of text cells that decodes itself. */
export class TextChunk implements ResultChunk {
  readonly #parsers: readonly CellParser[];
  /** Assigning to `__proto__` would change the row's prototype, or do nothing, instead of adding the column. */
  readonly #exotic: boolean;

  constructor(readonly raw: RawChunk) {
    this.#parsers = raw.fields.map((field) => pg.types.getTypeParser(field.typeOid, 'text') as CellParser);
    this.#exotic = raw.fields.some((field) => field.name === '__proto__');
  }

  get rowCount(): number {
    return this.raw.rowCount;
  }

  decode(from: number, to: number, into: Row[]): void {
    const { fields, cells } = this.raw;
    let at = from * fields.length;
    for (let index = from; index < to; index++) {
      const row: Row = {};
      for (let column = 0; column < fields.length; column++) {
        const text = cells[at++] as string | null;
        const value = text === null ? null : (this.#parsers[column] as CellParser)(text);
        const name = (fields[column] as FieldInfo).name;
        if (this.#exotic)
          Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
        else row[name] = value;
      }
      into.push(row);
    }
  }
}
