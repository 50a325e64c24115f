// Collects a column of any width as one block of bytes and the offsets of its cells. Text leaves as ASCII if it can, for
// then an offset in bytes is one in the string; else as valid UTF-8 with offsets in UTF-16 units.
import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { GrowingBytes } from '../types/growing-bytes.js';
import { utf8Slice } from '../types/utf8.js';
import { Encoding } from './column-batch.js';
import { type Collected, type ColumnStore, NullFlags } from './column-store.js';

export class BlockStore implements ColumnStore {
  readonly #block = new GrowingBytes(4096);
  #offsets = new Uint32Array(1025);
  #rows = 0;
  readonly #nulls = new NullFlags();

  /** `append` writes one cell; by default its bytes as they are. */
  constructor(
    private readonly encoding: 'text' | 'bytes',
    private readonly append?: (block: GrowingBytes, bytes: Buffer, start: number, end: number) => void,
  ) {}

  get byteLength(): number {
    return this.#block.length + this.#rows * 4;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.append) this.append(this.#block, bytes, start, end);
    else this.#block.append(bytes, start, end);
    this.#close();
  }

  addNull(): void {
    this.#nulls.set(this.#rows);
    this.#close();
  }

  collect(): Collected {
    const nulls = this.#nulls.take(this.#rows);
    const block = this.#block.data.subarray(0, this.#block.length);
    const offsets = this.#offsets.subarray(0, this.#rows + 1);
    this.#rows = 0;
    this.#block.length = 0;
    if (this.encoding === 'bytes') return { data: block, offsets, nulls, encoding: Encoding.bytes };
    if (isAscii(block)) return { data: block, offsets, nulls, encoding: Encoding.ascii };
    const data = isUtf8(block) && cellsAreWhole(block, offsets) ? block : repaired(block, offsets);
    countUtf16(data, offsets);
    return { data, offsets, nulls, encoding: Encoding.utf8 };
  }

  #close(): void {
    if (this.#rows + 1 === this.#offsets.length) {
      const grown = new Uint32Array(this.#rows * 2 + 1);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[++this.#rows] = this.#block.length;
  }
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** In a valid block a character may still lie across two cells, if both were cut in the middle of one. */
function cellsAreWhole(block: Buffer, offsets: Uint32Array): boolean {
  for (const offset of offsets) if (offset < block.length && isContinuation(block[offset]!)) return false;
  return true;
}

/** A database in SQL_ASCII sends bytes that are no UTF-8. Each cell gets the U+FFFD that decoding it alone would give. */
function repaired(block: Buffer, offsets: Uint32Array): Buffer {
  const cells: Buffer[] = [];
  let start = 0;
  for (let i = 1, length = 0; i < offsets.length; i++) {
    const end = offsets[i]!;
    const cell = Buffer.from(utf8Slice(block, start, end));
    cells.push(cell);
    start = end;
    offsets[i] = length += cell.length;
  }
  return Buffer.concat(cells);
}

/** Turns offsets in bytes of valid UTF-8 into offsets in the string that it decodes to. */
function countUtf16(block: Buffer, offsets: Uint32Array): void {
  let at = 0;
  let units = 0;
  for (let i = 1; i < offsets.length; i++) {
    const end = offsets[i]!;
    for (; at < end; at++) {
      const byte = block[at]!;
      // One unit per character, a second one for those of four bytes.
      if (!isContinuation(byte)) units += byte >= 0xf0 ? 2 : 1;
    }
    offsets[i] = units;
  }
}
