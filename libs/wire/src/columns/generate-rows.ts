// Rows out of columns: generated like the row decoder's, from the same plan, so the objects are alike in everything; and
// the loop that does the same where code from strings is forbidden, or for a few rows.
import { generateFunction, objectSource } from '../rows/generate.js';
import { setProperty } from '../rows/set-property.js';
import { dateOfDays, instantOfMs, localOfMs } from '../types/binary-time.js';
import type { ColumnData } from './column-data.js';
import type { ColumnSetPlan } from './column-plan.js';
import type { Storage } from './storage.js';

/** Appends rows `from` up to, and without, `to`. */
export type RowsReader = (
  data: readonly ColumnData[],
  from: number,
  to: number,
  into: Record<string, unknown>[],
) => void;

/** Undefined where code from strings is forbidden. */
export function generateRows({ rows, storages, readers }: ColumnSetPlan): RowsReader | undefined {
  const open = rows.properties.map(
    ({ column: c }) => `const a${c} = d[${c}].cells, n${c} = d[${c}].nulls, o${c} = d[${c}].offsets;`,
  );
  const properties = rows.properties.map(
    ({ name, column: c }) =>
      [name, `n${c} !== undefined && n${c}[i] === 1 ? null : ${valueSource(storages[c]!, c)}`] as const,
  );
  const source = `"use strict";
return function readRows(d, from, to, into) {
  ${open.join('\n  ')}
  for (let i = from; i < to; i++) into.push(${objectSource(properties)});
};`;
  return generateFunction({ readers, instantOfMs, localOfMs, dateOfDays }, source) as RowsReader | undefined;
}

function valueSource(storage: Storage, c: number): string {
  switch (storage) {
    case 'int32':
    case 'uint32':
    case 'float64':
    case 'bigint64':
      return `a${c}[i]`;
    case 'bool':
      return `a${c}[i] === 1`;
    case 'instant':
      return `instantOfMs(a${c}[i])`;
    case 'local':
      return `localOfMs(a${c}[i])`;
    case 'days':
      return `dateOfDays(a${c}[i])`;
    case 'text':
      return `a${c}.slice(o${c}[i], o${c}[i + 1])`;
    default:
      return `readers[${c}](a${c}, o${c}, i)`;
  }
}

export function interpretColumns({ rows, readers }: ColumnSetPlan): RowsReader {
  return (data, from, to, into) => {
    const columns = rows.properties.map(({ name, column }) => {
      const { cells, nulls, offsets } = data[column]!;
      return { name, cells, nulls, offsets, read: readers[column]! };
    });
    for (let i = from; i < to; i++) {
      const row: Record<string, unknown> = {};
      for (const { name, cells, nulls, offsets, read } of columns)
        setProperty(row, name, nulls?.[i] === 1 ? null : read(cells, offsets, i));
      into.push(row);
    }
  };
}
