// The middle part of Bind as bytes of its own, for whoever encodes in one thread and sends from another.
import type { WireParameter } from './frontend-writer.js';

const NONE = Uint8Array.of(0, 0, 0, 0);

/** Formats and values as Bind carries them: Int16 count, formats, Int16 count, then length and bytes each. */
export function encodeParameters(parameters: readonly WireParameter[]): Uint8Array {
  if (parameters.length === 0) return NONE;
  const binary = parameters.some(isBytes);
  let size = 4 + 4 * parameters.length + (binary ? 2 * parameters.length : 0);
  for (const value of parameters) size += typeof value === 'string' ? Buffer.byteLength(value) : (value?.length ?? 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeUInt16BE(binary ? parameters.length : 0, 0);
  if (binary) for (const value of parameters) at = bytes.writeUInt16BE(isBytes(value) ? 1 : 0, at);
  at = bytes.writeUInt16BE(parameters.length, at);
  for (const value of parameters) {
    if (value === null) at = bytes.writeInt32BE(-1, at);
    else if (typeof value === 'string') {
      const length = bytes.write(value, at + 4, 'utf8');
      at = bytes.writeInt32BE(length, at) + length;
    } else {
      at = bytes.writeInt32BE(value.length, at);
      bytes.set(value, at);
      at += value.length;
    }
  }
  return bytes;
}

function isBytes(value: WireParameter): value is Uint8Array {
  return value !== null && typeof value !== 'string';
}
