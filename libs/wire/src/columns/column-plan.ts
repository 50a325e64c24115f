// How the cells of one column set are read back: per column for those who want columns, generated or interpreted for
// those who want rows. Pure: a plan knows fields and types, never a batch.
import type { Buffer } from 'node:buffer';
import type { WireField } from '../field.js';
import { type ColumnPlan as Column, type RowPlan, planRow } from '../rows/row-plan.js';
import { dateOfDays, instantOfMs, localOfMs } from '../types/binary-time.js';
import type { TypeMap } from '../types/type-codec.js';
import type { ColumnData } from './column-data.js';
import { type Storage, storageOf } from './storage.js';

type Cells = ColumnData['cells'];
/** Reads the cell of one row, which is not NULL. */
export type CellReader = (cells: Cells, offsets: Uint32Array | undefined, row: number) => unknown;

export interface ColumnSetPlan {
  readonly rows: RowPlan;
  readonly storages: readonly Storage[];
  readonly readers: readonly CellReader[];
}

export function planColumns(fields: readonly WireField[], types: TypeMap): ColumnSetPlan {
  const rows = planRow(fields, types);
  return { rows, storages: rows.columns.map(storageOf), readers: rows.columns.map(readerOf) };
}

function readerOf(column: Column): CellReader {
  const { codec, read } = column;
  switch (storageOf(column)) {
    case 'int32':
    case 'uint32':
    case 'float64':
    case 'bigint64':
      return (cells, _, row) => cells[row];
    case 'bool':
      return (cells, _, row) => cells[row] === 1;
    case 'instant':
      return (cells, _, row) => instantOfMs(cells[row] as number);
    case 'local':
      return (cells, _, row) => localOfMs(cells[row] as number);
    case 'days':
      return (cells, _, row) => dateOfDays(cells[row] as number);
    case 'text':
      return (cells, offsets, row) => (cells as string).slice(offsets![row], offsets![row + 1]);
    case 'parsed':
      return (cells, offsets, row) => codec.text((cells as string).slice(offsets![row], offsets![row + 1]));
    case 'bytes':
      return (cells, offsets, row) => read(cells as Buffer, offsets![row]!, offsets![row + 1]!);
  }
}
