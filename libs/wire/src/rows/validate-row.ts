// Looks at a DataRow once, in the thread that does the I/O, so that whoever decodes it later can trust every length in it.
// It runs for every row: no allocation, no view, no call.
import type { Buffer } from 'node:buffer';
import { WireError } from '../errors/wire.error.js';

/**
 * Checks a DataRow body (after type and length), `start` to `end`: as many cells as columns, every length -1 or one that
 * stays inside, nothing left over. Throws WireError.
 */
export function validateRow(bytes: Buffer, start: number, end: number, columns: number): void {
  if (end - start < 2) throw new WireError('A row ends before its number of cells');
  const count = (bytes[start]! << 8) | bytes[start + 1]!;
  if (count !== columns) throw new WireError(`A row has ${count} cells, its description says ${columns}`);
  let p = start + 2;
  for (let i = 0; i < count; i++) {
    if (end - p < 4) throw new WireError('A row ends within the length of a cell');
    const length = (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
    p += 4;
    if (length > 0) {
      if (length > end - p) throw new WireError('A cell is longer than its row');
      p += length;
    } else if (length < -1) throw new WireError('A cell has a negative length');
  }
  if (p !== end) throw new WireError('A row has bytes after its last cell');
}
