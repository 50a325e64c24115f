// The worker's side: DataRow messages in, one transferable buffer of columns out. It makes no row and no string but where
// a type leaves no other way.
import type { Buffer } from 'node:buffer';
import type { WireField } from '../field.js';
import { planRow } from '../rows/row-plan.js';
import { int32At } from '../types/numbers.js';
import type { TypeMap } from '../types/type-codec.js';
import { type ColumnBatch, pushSegment } from './column-batch.js';
import type { ColumnStore } from './column-store.js';
import { makeStore } from './make-store.js';

/** Collects rows of one column set. Can be used again after every `take`, and is faster then: it keeps its room. */
export class ColumnBatchWriter {
  readonly #stores: readonly ColumnStore[];
  #rows = 0;

  constructor(fields: readonly WireField[], types: TypeMap) {
    this.#stores = planRow(fields, types).columns.map(makeStore);
  }

  /** Rows since the last `take`. */
  get rowCount(): number {
    return this.#rows;
  }

  /** About the bytes of the batch that `take` would give. */
  get byteLength(): number {
    let sum = 0;
    for (const store of this.#stores) sum += store.byteLength;
    return sum;
  }

  /**
   * Whole, validated DataRow messages, as for a RowDecoder; returns the offset after the last. Throws WireError for a cell
   * that is not of its type; the writer is of no use then.
   */
  add(bytes: Buffer, from: number, count: number): number {
    const stores = this.#stores;
    let p = from;
    for (let i = 0; i < count; i++) {
      p += 7;
      for (let c = 0; c < stores.length; c++) {
        const length = int32At(bytes, p);
        p += 4;
        if (length < 0) stores[c]!.addNull();
        else {
          stores[c]!.add(bytes, p, p + length);
          p += length;
        }
      }
    }
    this.#rows += count;
    return p;
  }

  /** The rows so far, in a buffer of its own. */
  take(): ColumnBatch {
    const parts = this.#stores.map((store) => store.collect());
    const layout: number[] = [];
    const pieces: { at: number; bytes: Uint8Array }[] = [];
    let size = 0;
    const place = (bytes: Uint8Array | undefined): number => {
      if (!bytes) return -1;
      const at = size;
      pieces.push({ at, bytes });
      // Every piece begins where a Float64Array may.
      size = Math.ceil((at + bytes.length) / 8) * 8;
      return at;
    };
    for (const { data, offsets, nulls, encoding } of parts) {
      const cells = offsets && new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength);
      const length = data.length;
      pushSegment(layout, { data: place(data), length, offsets: place(cells), nulls: place(nulls), encoding });
    }
    const whole = new Uint8Array(size);
    for (const { at, bytes } of pieces) whole.set(bytes, at);
    const rowCount = this.#rows;
    this.#rows = 0;
    return { rowCount, data: whole.buffer, layout };
  }
}
