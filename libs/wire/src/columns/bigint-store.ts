// Collects int8 of mode `lossless`. Apart from NumberStore, for an array that holds numbers here and bigints there would
// make every access to it slow.
import type { Buffer } from 'node:buffer';
import { Encoding } from './column-batch.js';
import { type Collected, type ColumnStore, NullFlags } from './column-store.js';

export class BigIntStore implements ColumnStore {
  #values = new BigInt64Array(1024);
  #rows = 0;
  readonly #nulls = new NullFlags();

  constructor(private readonly read: (bytes: Buffer, start: number, end: number) => bigint) {}

  get byteLength(): number {
    return this.#rows * 8;
  }

  add(bytes: Buffer, start: number, end: number): void {
    this.#push(this.read(bytes, start, end));
  }

  addNull(): void {
    this.#nulls.set(this.#rows);
    this.#push(0n);
  }

  collect(): Collected {
    const data = new Uint8Array(this.#values.buffer, 0, this.#rows * 8);
    const nulls = this.#nulls.take(this.#rows);
    this.#rows = 0;
    return { data, offsets: undefined, nulls, encoding: Encoding.bytes };
  }

  #push(value: bigint): void {
    if (this.#rows === this.#values.length) {
      const grown = new BigInt64Array(this.#rows * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#rows++] = value;
  }
}
