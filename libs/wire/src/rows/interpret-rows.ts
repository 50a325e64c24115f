// Decodes rows without generated code: for the first rows of every shape, since most shapes return few and compiling costs
// as much as fifty rows, and where `new Function` is forbidden. Equal to generate-decoder in everything but speed.
import { int32At } from '../types/numbers.js';
import type { DecodeRows, RowPlan } from './row-plan.js';
import { setProperty } from './set-property.js';

export function interpretRows({ columns, properties }: RowPlan): DecodeRows {
  const values: unknown[] = columns.map(() => null);
  return (bytes, from, count, into) => {
    let p = from;
    for (let i = 0; i < count; i++) {
      // 'D', Int32 length, Int16 number of cells: checked when the row came in.
      p += 7;
      for (let c = 0; c < columns.length; c++) {
        const { hidden, read } = columns[c]!;
        const length = int32At(bytes, p);
        p += 4;
        if (length < 0) values[c] = null;
        else {
          if (!hidden) values[c] = read(bytes, p, p + length);
          p += length;
        }
      }
      const row: Record<string, unknown> = {};
      for (const { name, column } of properties) setProperty(row, name, values[column]);
      into.push(row);
    }
    return p;
  };
}
