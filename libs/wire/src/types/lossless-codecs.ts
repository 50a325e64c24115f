// Mode `lossless`: no value holds less than the server's own text says. What JavaScript has no type for stays that text:
// numeric, dates and times, json. Nothing here may depend on the zone of the process.
import type { Buffer } from 'node:buffer';
import { arrayReader } from './array-text.js';
import { byteaCodec, fixedCodec, float4Codec, parsedCodec, textCodec, textWithBinary } from './builtin.js';
import { parseBytea } from './bytea-text.js';
import { ELEMENT_OF_ARRAY } from './element-of-array.js';
import { guarded, malformed } from './malformed.js';
import { bigInt64At, float8At, int16At, int32At, uint32At } from './numbers.js';
import { Oid, TEXT_IN_BOTH_FORMS } from './oid.js';
import { dateText, timestampText, timeText, timetzText, uuidText } from './server-text.js';
import type { TypeCodec } from './type-codec.js';
import { utf8Text } from './utf8.js';

/** Everything but these is the server's text. */
export function losslessCodecs(): Map<number, TypeCodec> {
  const codecs = new Map<number, TypeCodec>([
    [Oid.bool, fixedCodec('bool', 1, { preferred: 1, kind: 'bool', text: boolOf, at: (b, p) => b[p] !== 0 })],
    [Oid.int2, fixedCodec('int2', 2, { preferred: 1, kind: 'int2', text: Number, at: int16At })],
    [Oid.int4, fixedCodec('int4', 4, { preferred: 1, kind: 'int4', text: Number, at: int32At })],
    [Oid.oid, fixedCodec('oid', 4, { preferred: 1, kind: 'oid', text: Number, at: uint32At })],
    [Oid.int8, fixedCodec('int8', 8, { preferred: 1, kind: 'bigInt8', text: guarded('int8', BigInt), at: bigInt64At })],
    [Oid.float4, float4Codec(Number.parseFloat)],
    [Oid.float8, fixedCodec('float8', 8, { preferred: 1, kind: 'float8', text: Number.parseFloat, at: float8At })],
    [Oid.bytea, byteaCodec(parseBytea)],
    [Oid.json, textCodec(true)],
    [Oid.jsonb, textWithBinary(jsonbText)],
  ]);
  for (const oid of TEXT_IN_BOTH_FORMS) codecs.set(oid, textCodec(true));
  for (const [oid, width, at] of WRITTEN)
    codecs.set(oid, fixedCodec(`${oid}`, width, { preferred: 0, kind: 'text', text: String, at }));
  const elementOf = (oid: number): ((text: string) => unknown) => (codecs.get(oid) ?? textCodec(false)).text;
  for (const [oid, element, delimiter] of ELEMENT_OF_ARRAY)
    codecs.set(oid, parsedCodec(arrayReader(String(oid), elementOf(element), delimiter)));
  return codecs;
}

const WRITTEN: [oid: number, width: number, at: (bytes: Buffer, start: number) => string][] = [
  [Oid.date, 4, dateText],
  [Oid.timestamp, 8, (b, p) => timestampText(b, p, '')],
  [Oid.timestamptz, 8, (b, p) => timestampText(b, p, '+00')],
  [Oid.time, 8, timeText],
  [Oid.timetz, 12, timetzText],
  [Oid.uuid, 16, uuidText],
];

function boolOf(text: string): boolean {
  return text === 't';
}

function jsonbText(bytes: Buffer, start: number, end: number): string {
  if (bytes[start] !== 1) malformed('jsonb', 'has an unknown version');
  return utf8Text(bytes, start + 1, end);
}
