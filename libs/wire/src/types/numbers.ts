// Numbers out of bytes, in both forms. The readers that end in At trust the width: who calls them has checked it. The
// readers of text give what the codec gives for anything that is not plain digits, so they can differ from it in nothing.
import type { Buffer } from 'node:buffer';
import { utf8Text } from './utf8.js';

const scratch = new Uint8Array(8);
const asFloat8 = new Float64Array(scratch.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export function int16At(b: Buffer, p: number): number {
  return ((b[p]! << 24) >> 16) | b[p + 1]!;
}

export function int32At(b: Buffer, p: number): number {
  return (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!;
}

export function uint32At(b: Buffer, p: number): number {
  return int32At(b, p) >>> 0;
}

export function bigInt64At(b: Buffer, p: number): bigint {
  const high = int32At(b, p);
  // Most numbers are small, and a BigInt out of one number costs half of one put together.
  if (high < 0x1fffff && high >= -0x1fffff) return BigInt(high * 4_294_967_296 + uint32At(b, p + 4));
  return (BigInt(high) << 32n) | BigInt(uint32At(b, p + 4));
}

/** The digits the server would write. */
export function int8TextAt(b: Buffer, p: number): string {
  const high = int32At(b, p);
  const low = int32At(b, p + 4);
  if (high === low >> 31) return `${low}`;
  // Up to 2^53 a double holds it, and prints it without an exponent.
  if (high < 0x1fffff && high >= -0x1fffff) return `${high * 4_294_967_296 + (low >>> 0)}`;
  return bigInt64At(b, p).toString();
}

export function float8At(b: Buffer, p: number): number {
  if (littleEndian) for (let i = 0; i < 8; i++) scratch[7 - i] = b[p + i]!;
  else for (let i = 0; i < 8; i++) scratch[i] = b[p + i]!;
  return asFloat8[0]!;
}

/** `parseInt` of a cell in text form. */
export function intOfText(b: Buffer, start: number, end: number): number {
  let p = start;
  const negative = b[p] === 0x2d;
  if (negative) p++;
  if (end - p > 15 || p === end) return Number.parseInt(utf8Text(b, start, end), 10);
  let value = 0;
  for (; p < end; p++) {
    const digit = b[p]! - 0x30;
    if (digit < 0 || digit > 9) return Number.parseInt(utf8Text(b, start, end), 10);
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** `parseFloat` of a cell in text form. */
export function floatOfText(b: Buffer, start: number, end: number): number {
  return Number.parseFloat(utf8Text(b, start, end));
}
