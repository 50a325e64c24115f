// The worker's side of JSON: DataRow messages in, bytes of JSON out, with no row object in between. What it writes is
// what JSON.stringify makes of the row decoder's rows; the differences are named at JsonWriter.
import { Buffer } from 'node:buffer';
import type { WireField } from '../field.js';
import { planRow } from '../rows/row-plan.js';
import { GrowingBytes } from '../types/growing-bytes.js';
import { int32At } from '../types/numbers.js';
import type { TypeMap } from '../types/type-codec.js';
import { type CellWriter, cellWriterOf } from './cell-writer.js';

/** `json`: one array of objects. `ndjson`: an object and a line feed per row. */
export type JsonForm = 'json' | 'ndjson';

interface JsonColumn {
  /** `,"name":` */
  readonly key: Buffer;
  readonly write: CellWriter;
  readonly hidden: boolean;
}

/**
 * Parsed, the output is `JSON.parse(JSON.stringify(rows))` of the row decoder's rows in mode `pg`: Dates are ISO strings in
 * UTC, NaN and the infinities null, int8 and numeric strings, bytea what a Buffer gives. But json and jsonb stand there as
 * the server sent them: their numbers keep digits that a double would lose (also -0 and 1e400). In mode `lossless` they do
 * too, instead of being strings, and int8 is a number with all its digits, which a reader with bigger numbers can use.
 */
export class JsonWriter {
  readonly #columns: readonly JsonColumn[];
  readonly #out = new GrowingBytes(65_536);
  readonly #form: JsonForm;
  #rows = 0;

  constructor(fields: readonly WireField[], types: TypeMap, form: JsonForm) {
    this.#form = form;
    this.#columns = planRow(fields, types).columns.map((plan) => ({
      key: Buffer.from(`,${JSON.stringify(plan.name)}:`),
      write: cellWriterOf(plan),
      hidden: plan.hidden,
    }));
  }

  /** Bytes that `take` would give. */
  get byteLength(): number {
    return this.#out.length;
  }

  /**
   * Whole, validated DataRow messages, as for a RowDecoder; returns the offset after the last. Throws WireError for a cell
   * that is not of its type; the output ends within a row then and is of no use.
   */
  add(bytes: Buffer, from: number, count: number): number {
    let p = from;
    for (let i = 0; i < count; i++) p = this.#row(bytes, p + 7);
    return p;
  }

  /** What was written since the last `take`, in a buffer of its own that can be transferred. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }

  /** Ends the output and takes what is left of it. Once, after the last row. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#form === 'json') this.#out.ascii(this.#rows === 0 ? '[]' : ']');
    return this.take();
  }

  #row(bytes: Buffer, from: number): number {
    const out = this.#out;
    const columns = this.#columns;
    let p = from;
    if (this.#form === 'json') out.byte(this.#rows === 0 ? 0x5b : 0x2c);
    this.#rows++;
    out.byte(0x7b);
    let skipComma = 1;
    for (let c = 0; c < columns.length; c++) {
      const { key, write, hidden } = columns[c]!;
      const length = int32At(bytes, p);
      p += 4;
      if (!hidden) {
        const before = out.length;
        out.append(key, skipComma, key.length);
        if (length < 0) out.ascii('null');
        else if (!write(out, bytes, p, p + length)) out.length = before;
        if (out.length > before) skipComma = 0;
      }
      if (length > 0) p += length;
    }
    out.byte(0x7d);
    if (this.#form === 'ndjson') out.byte(0x0a);
    return p;
  }
}
