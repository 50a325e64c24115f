// Text cells as JSON strings, from UTF-8 to UTF-8: most bytes are copied as they are. Bytes that are no UTF-8 must not get
// into the output; they become U+FFFD, as in the string that a row would have.
import { type Buffer, isUtf8 } from 'node:buffer';
import type { GrowingBytes } from '../types/growing-bytes.js';
import { utf8Slice } from '../types/utf8.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** What follows the backslash: a letter, or 'u' for the long form; 0 is copied. */
const ESCAPES = new Uint8Array(256).fill(0x75, 0, 0x20);
for (const [char, letter] of ['""', '\\\\', '\bb', '\tt', '\nn', '\ff', '\rr'].map((pair) => [
  pair.charCodeAt(0),
  pair.charCodeAt(1),
]))
  ESCAPES[char!] = letter!;
const HEX = '0123456789abcdef';

export function writeText(out: GrowingBytes, bytes: Buffer, start: number, end: number): void {
  // Every byte may become six.
  out.reserve((end - start) * 6 + 2);
  const { data } = out;
  let at = out.length;
  let all = 0;
  data[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    all |= byte;
    const escape = ESCAPES[byte]!;
    if (escape === 0) data[at++] = byte;
    else {
      data[at++] = BACKSLASH;
      data[at++] = escape;
      if (escape === 0x75) at = writeCode(data, at, byte);
    }
  }
  if (all >= 128 && !isUtf8(bytes.subarray(start, end))) {
    writeString(out, utf8Slice(bytes, start, end));
    return;
  }
  data[at++] = QUOTE;
  out.length = at;
}

/** For strings that are not the bytes of a cell. */
export function writeString(out: GrowingBytes, text: string): void {
  out.utf8(JSON.stringify(text));
}

/**
 * A json cell as the server sent it: it has checked that it is JSON. Line breaks stand only between tokens there, and become
 * spaces, so that a row is one line. Numbers keep digits that a double would lose.
 */
export function writeVerbatim(out: GrowingBytes, bytes: Buffer, start: number, end: number): void {
  out.reserve(end - start);
  const { data } = out;
  let at = out.length;
  let all = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    all |= byte;
    data[at++] = byte < SPACE ? SPACE : byte;
  }
  if (all >= 128 && !isUtf8(bytes.subarray(start, end)))
    out.utf8(utf8Slice(bytes, start, end).replaceAll(/[\r\n]/g, ' '));
  else out.length = at;
}

function writeCode(data: Buffer, at: number, byte: number): number {
  data[at] = data[at + 1] = 0x30;
  data[at + 2] = HEX.charCodeAt(byte >> 4);
  data[at + 3] = HEX.charCodeAt(byte & 15);
  return at + 4;
}
