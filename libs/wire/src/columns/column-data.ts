// One column of a batch on the reader's side: views over the buffer that came, and the text block as a string, made once
// and only if somebody looks.
import { Buffer } from 'node:buffer';
import { latin1Slice, utf8Slice } from '../types/utf8.js';
import { type ColumnBatch, Encoding, type Segment, segmentOf } from './column-batch.js';
import type { Storage } from './storage.js';

export type Numbers = Int32Array | Uint32Array | Float64Array | BigInt64Array | Uint8Array;

const ARRAYS = {
  int32: Int32Array,
  uint32: Uint32Array,
  float64: Float64Array,
  bigint64: BigInt64Array,
  bool: Uint8Array,
  instant: Float64Array,
  local: Float64Array,
  days: Int32Array,
} as const;

export class ColumnData {
  readonly nulls: Uint8Array | undefined;
  readonly #batch: ColumnBatch;
  readonly #segment: Segment;
  readonly #storage: Storage;
  #text: string | undefined;

  constructor(batch: ColumnBatch, column: number, storage: Storage) {
    this.#batch = batch;
    this.#segment = segmentOf(batch.layout, column);
    this.#storage = storage;
    const { nulls } = this.#segment;
    this.nulls = nulls < 0 ? undefined : new Uint8Array(batch.data, nulls, batch.rowCount);
  }

  /** The typed array, the string of the text block, or the bytes. */
  get cells(): Numbers | string | Buffer {
    const storage = this.#storage;
    if (storage === 'text' || storage === 'parsed') return (this.#text ??= this.#decode());
    if (storage === 'bytes') return this.#bytes();
    return new ARRAYS[storage](this.#batch.data, this.#segment.data, this.#batch.rowCount);
  }

  /** Where the cells of a block begin; one more than rows. */
  get offsets(): Uint32Array | undefined {
    const { offsets } = this.#segment;
    return offsets < 0 ? undefined : new Uint32Array(this.#batch.data, offsets, this.#batch.rowCount + 1);
  }

  #bytes(): Buffer {
    return Buffer.from(this.#batch.data, this.#segment.data, this.#segment.length);
  }

  #decode(): string {
    const bytes = this.#bytes();
    const decode = this.#segment.encoding === Encoding.ascii ? latin1Slice : utf8Slice;
    return decode(bytes, 0, bytes.length);
  }
}
