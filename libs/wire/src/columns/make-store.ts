// The store for each storage, with the reader that turns a cell into what it keeps. A reader here checks the width, for
// the batch has no room for a cell that is not of its type.
import type { Buffer } from 'node:buffer';
import type { ColumnPlan } from '../rows/row-plan.js';
import { timestampMsAt } from '../types/binary-time.js';
import type { GrowingBytes } from '../types/growing-bytes.js';
import { checkWidth, malformed } from '../types/malformed.js';
import { int32At } from '../types/numbers.js';
import { BigIntStore } from './bigint-store.js';
import { BlockStore } from './block-store.js';
import type { ColumnStore } from './column-store.js';
import { NumberStore } from './number-store.js';
import { storageOf } from './storage.js';

type NumberReader = (bytes: Buffer, start: number, end: number) => number;

export function makeStore(plan: ColumnPlan): ColumnStore {
  const { typeOid, kind, binary, read } = plan;
  switch (storageOf(plan)) {
    case 'int32':
      return new NumberStore(Int32Array, binary ? (read as NumberReader) : integer(plan, -0x80000000, 0x7fffffff));
    case 'uint32':
      return new NumberStore(Uint32Array, binary ? (read as NumberReader) : integer(plan, 0, 0xffffffff));
    case 'float64':
      return new NumberStore(Float64Array, read as NumberReader);
    case 'bigint64':
      return new BigIntStore(read as (bytes: Buffer, start: number, end: number) => bigint);
    case 'bool':
      return new NumberStore(Uint8Array, (bytes, start, end) => (read(bytes, start, end) === true ? 1 : 0));
    case 'instant':
    case 'local':
      return new NumberStore(Float64Array, (bytes, start, end) => {
        checkWidth(`${typeOid}`, 8, start, end);
        return timestampMsAt(bytes, start);
      });
    case 'days':
      return new NumberStore(Int32Array, (bytes, start, end) => {
        checkWidth(`${typeOid}`, 4, start, end);
        return int32At(bytes, start);
      });
    case 'text':
      return new BlockStore('text', kind === 'stringInt8' && binary ? appendInt8 : undefined);
    case 'parsed':
      return new BlockStore('text');
    case 'bytes':
      return new BlockStore('bytes');
  }
}

/** Text that is no number of its type has no place in a typed array. A sane server sends none. */
function integer({ typeOid, read }: ColumnPlan, least: number, most: number): NumberReader {
  return (bytes, start, end) => {
    const value = read(bytes, start, end) as number;
    if (!Number.isInteger(value) || value < least || value > most) malformed(`${typeOid}`, 'is no number of that type');
    return value;
  };
}

/** int8 as digits: a slice of them is the cheapest string the reader can make. */
function appendInt8(block: GrowingBytes, bytes: Buffer, start: number, end: number): void {
  checkWidth('int8', 8, start, end);
  block.int8(bytes, start);
}
