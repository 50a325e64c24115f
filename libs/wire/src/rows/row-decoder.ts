// Rows as plain objects out of the bytes of DataRow messages. Where it runs is where the objects are wanted: it holds no
// state of a connection, and trusts that validateRow has seen the bytes.
import type { WireField } from '../field.js';
import type { TypeMap } from '../types/type-codec.js';
import { generateDecoder } from './generate-decoder.js';
import { interpretRows } from './interpret-rows.js';
import { type DecodeRows, planRow } from './row-plan.js';

/**
 * `bytes` holds whole DataRow messages one after the other: 'D', Int32 length, Int16 count, cells, already validated.
 * Appends `count` rows and returns the offset after the last one. Throws WireError for a cell that is not of its type;
 * the rows before it have been appended then.
 */
export type RowDecoder = DecodeRows;

/** Compiling costs about as much as interpreting so many rows. */
const ROWS_BEFORE_COMPILING = 50;

/** A decoder for one column set. Keep it as long as the statement's shape: compiled code is what makes it fast. */
export function createRowDecoder(fields: readonly WireField[], types: TypeMap): RowDecoder {
  const plan = planRow(fields, types);
  let decoder: DecodeRows = interpretRows(plan);
  let rows = 0;
  return (bytes, from, count, into) => {
    if (rows < ROWS_BEFORE_COMPILING) {
      rows += count;
      if (rows >= ROWS_BEFORE_COMPILING) decoder = generateDecoder(plan) ?? decoder;
    }
    return decoder(bytes, from, count, into);
  };
}
