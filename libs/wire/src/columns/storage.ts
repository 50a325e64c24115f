// How the cells of a column travel. Decided from field and codec alone, so the writer and the reader come to the same
// answer in two threads without a word.
import type { ColumnPlan } from '../rows/row-plan.js';

/**
 * `int32`, `uint32`, `float64`, `bigint64`, `bool`: the value, in a typed array. `instant`, `local`: ms of a timestamp (see
 * timestampMsAt). `days`: a date. `text`: the value is the text of the cell. `parsed`: it is what the codec makes of the text.
 * `bytes`: what the codec makes of the binary form.
 */
export type Storage =
  'int32' | 'uint32' | 'float64' | 'bigint64' | 'bool' | 'instant' | 'local' | 'days' | 'text' | 'parsed' | 'bytes';

export function storageOf({ kind, binary }: ColumnPlan): Storage {
  switch (kind) {
    case 'int2':
    case 'int4':
      return 'int32';
    case 'oid':
      return 'uint32';
    case 'float4':
    case 'float8':
      return kind === 'float4' && binary ? 'bytes' : 'float64';
    case 'bigInt8':
      return 'bigint64';
    case 'bool':
      return 'bool';
    case 'stringInt8':
      return 'text';
    case 'timestamptz':
      return binary ? 'instant' : 'parsed';
    case 'timestamp':
      return binary ? 'local' : 'parsed';
    case 'date':
      return binary ? 'days' : 'parsed';
    case 'text':
      return binary ? 'bytes' : 'text';
    default:
      return binary ? 'bytes' : 'parsed';
  }
}
