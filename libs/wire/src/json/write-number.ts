// Numbers as JSON has them: NaN and the infinities are null, -0 is 0, a bigint is its digits.
import type { Buffer } from 'node:buffer';
import type { GrowingBytes } from '../types/growing-bytes.js';

export function writeNumber(out: GrowingBytes, value: number): void {
  if (Number.isSafeInteger(value)) out.integer(value);
  else out.ascii(Number.isFinite(value) ? String(value) : 'null');
}

/** Copies the text of an integer if it is one as JSON writes them; false if not, with nothing written. */
export function copyInteger(out: GrowingBytes, bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] === 0x2d ? start + 1 : start;
  // No empty text, no leading zero, no -0.
  if (first === end || (bytes[first] === 0x30 && end - start > 1)) return false;
  for (let i = first; i < end; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return false;
  out.append(bytes, start, end);
  return true;
}
