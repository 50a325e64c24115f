// DataRow messages for tests, and fields to describe them. Cells are given as the bytes or the text that the server sends.
import { Buffer } from 'node:buffer';
import type { CellFormat, WireField } from '../src/field.js';

export type Cell = Uint8Array | string | null;

export function field(name: string, typeOid: number, format: CellFormat = 0): WireField {
  return { name, tableOid: 0, column: 0, typeOid, typeModifier: -1, format };
}

export function dataRow(cells: readonly Cell[]): Buffer {
  const parts = cells.flatMap((cell) => {
    const bytes = cell === null ? null : Buffer.from(cell as string);
    return bytes ? [int32(bytes.length), bytes] : [int32(-1)];
  });
  const head = Buffer.alloc(7);
  head.write('D', 'latin1');
  head.writeInt16BE(cells.length, 5);
  const row = Buffer.concat([head, ...parts]);
  row.writeInt32BE(row.length - 1, 1);
  return row;
}

export function dataRows(rows: readonly (readonly Cell[])[]): Buffer {
  return Buffer.concat(rows.map(dataRow));
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  return int32(value | 0);
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

export function float8(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
