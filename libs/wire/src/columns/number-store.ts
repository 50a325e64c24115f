// Collects a fixed-width column in a typed array. A NULL takes a place in it, with the value 0.
import type { Buffer } from 'node:buffer';
import { Encoding } from './column-batch.js';
import { type Collected, type ColumnStore, NullFlags } from './column-store.js';

export type NumberArray = Int32Array | Uint32Array | Float64Array | Uint8Array;

export class NumberStore implements ColumnStore {
  #values: NumberArray;
  #rows = 0;
  readonly #nulls = new NullFlags();

  constructor(
    private readonly make: new (length: number) => NumberArray,
    private readonly read: (bytes: Buffer, start: number, end: number) => number,
  ) {
    this.#values = new make(1024);
  }

  get byteLength(): number {
    return this.#rows * this.#values.BYTES_PER_ELEMENT;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#rows === this.#values.length) this.#grow();
    this.#values[this.#rows] = this.read(bytes, start, end);
    this.#rows++;
  }

  addNull(): void {
    if (this.#rows === this.#values.length) this.#grow();
    this.#nulls.set(this.#rows);
    this.#values[this.#rows++] = 0;
  }

  collect(): Collected {
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = this.#values;
    const data = new Uint8Array(buffer, byteOffset, this.#rows * BYTES_PER_ELEMENT);
    const nulls = this.#nulls.take(this.#rows);
    this.#rows = 0;
    return { data, offsets: undefined, nulls, encoding: Encoding.bytes };
  }

  #grow(): void {
    const grown = new this.make(this.#values.length * 2);
    grown.set(this.#values);
    this.#values = grown;
  }
}
