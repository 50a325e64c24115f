// What the writer asks of the place where it collects the cells of one column, and which of them are NULL.
import type { Buffer } from 'node:buffer';
import type { Encoding } from './column-batch.js';

/** What `take` copies into the batch. */
export interface Collected {
  readonly data: Uint8Array;
  readonly offsets: Uint32Array | undefined;
  readonly nulls: Uint8Array | undefined;
  readonly encoding: Encoding;
}

export interface ColumnStore {
  /** About the bytes this column adds to the batch. */
  readonly byteLength: number;
  add(bytes: Buffer, start: number, end: number): void;
  addNull(): void;
  /** Views that hold until the next `add`; the store is empty afterwards. */
  collect(): Collected;
}

/** Most columns have no NULL in a batch, and then these cost nothing. */
export class NullFlags {
  #flags: Uint8Array | undefined;

  set(row: number): void {
    let flags = this.#flags ?? new Uint8Array(1024);
    if (row >= flags.length) {
      const grown = new Uint8Array(Math.max(flags.length * 2, row + 1));
      grown.set(flags);
      flags = grown;
    }
    flags[row] = 1;
    this.#flags = flags;
  }

  take(rows: number): Uint8Array | undefined {
    const flags = this.#flags;
    if (!flags) return undefined;
    this.#flags = undefined;
    if (flags.length >= rows) return flags.subarray(0, rows);
    const padded = new Uint8Array(rows);
    padded.set(flags);
    return padded;
  }
}
