// Parameters as the body of Bind carries them (PostgreSQL manual 55.7), written by the main thread, so that the worker
// copies bytes and looks at no value.
import type { EncodedParameter } from '../query/encode-parameter.js';
import type { ByteWriter } from './byte-writer.js';

/** Bind counts in 16 bits. */
const MOST = 65_535;
/** The server takes no longer message (MaxAllocSize). */
const LONGEST = 0x3fff_ffff;

/** Text goes in text form, bytes in binary form. */
export function writeParameters(writer: ByteWriter, parameters: readonly EncodedParameter[]): void {
  const { length } = parameters;
  if (length > MOST) throw new RangeError(`a statement takes at most ${MOST} parameters, not ${length}`);
  writer.reserve(4 + 2 * length);
  const began = writer.at;
  if (parameters.some(isBytes)) {
    writer.int16(length);
    for (const value of parameters) writer.int16(isBytes(value) ? 1 : 0);
  } else writer.int16(0);
  writer.int16(length);
  for (const value of parameters) {
    writer.reserve(4);
    const start = writer.at;
    writer.int32(-1);
    if (value === null) continue;
    if (typeof value === 'string') writer.utf8(value);
    else writer.raw(value);
    if (writer.at - began > LONGEST) throw new RangeError('the parameters of a statement take at most 1 GB');
    writer.int32(writer.at - start - 4, start);
  }
}

function isBytes(value: EncodedParameter): value is Uint8Array {
  return value !== null && typeof value !== 'string';
}
