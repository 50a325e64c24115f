// The last part of Bind: in which form each column of the result is wanted.
import type { CellFormat } from '../field.js';

/** All columns as text. */
export const TEXT_RESULTS = Uint8Array.of(0, 0);

export function resultFormats(formats: readonly CellFormat[]): Uint8Array {
  if (formats.every((format) => format === 0)) return TEXT_RESULTS;
  const bytes = new Uint8Array(2 + 2 * formats.length);
  bytes[0] = formats.length >>> 8;
  bytes[1] = formats.length;
  formats.forEach((format, index) => (bytes[3 + 2 * index] = format));
  return bytes;
}
