// Any value a codec makes, as JSON.stringify would write it, but for bigints: those become their digits instead of a
// TypeError, also in arrays.
import type { GrowingBytes } from '../types/growing-bytes.js';

/** False, with nothing written, for what JSON leaves out of an object: undefined, functions, symbols. */
export function writeValue(out: GrowingBytes, value: unknown): boolean {
  const text = jsonOf(value);
  if (text === undefined) return false;
  out.utf8(text);
  return true;
}

function jsonOf(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => jsonOf(item) ?? 'null').join(',')}]`;
  return JSON.stringify(value);
}

/** As Buffer.prototype.toJSON. */
export function writeBuffer(out: GrowingBytes, bytes: Uint8Array, start: number, end: number): void {
  out.ascii('{"type":"Buffer","data":[');
  out.reserve((end - start) * 4 + 2);
  for (let i = start; i < end; i++) {
    if (i > start) out.byte(0x2c);
    out.integer(bytes[i]!);
  }
  out.ascii(']}');
}
