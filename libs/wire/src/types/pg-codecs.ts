// Mode `pg`: the values of node-postgres. Text goes through its own parsers, so those are equal by construction; a
// binary reader stands here only if it gives the same, and is preferred only where it also pays.
import pgTypes from 'pg-types';
import { arrayReader } from './array-text.js';
import { dateAt, timestampAt, timestamptzAt } from './binary-time.js';
import { byteaCodec, fixedCodec, float4Codec, jsonCodec, parsedCodec, textCodec } from './builtin.js';
import { parseBytea } from './bytea-text.js';
import { dateParser } from './date-text.js';
import { guarded } from './malformed.js';
import { float8At, int16At, int32At, int8TextAt, uint32At } from './numbers.js';
import { Oid, TEXT_IN_BOTH_FORMS } from './oid.js';
import { timeText, timetzText, uuidText } from './server-text.js';
import type { TypeCodec } from './type-codec.js';

const getParser = pgTypes.getTypeParser as (oid: number, format: 'text') => (text: string) => unknown;
/** What pg-types gives for a type it has no parser for. */
const noParse = getParser(0, 'text');

function parserOf(oid: number): (text: string) => unknown {
  return guarded(nameOf(oid), getParser(oid, 'text'));
}

/** Everything but these is text, or has a parser in pg-types and no more. */
export function pgCodecs(): Map<number, TypeCodec> {
  const codecs = new Map<number, TypeCodec>();
  for (const oid of TEXT_IN_BOTH_FORMS) codecs.set(oid, textCodec(true));
  for (const [oid, width, codec] of fixed()) codecs.set(oid, fixedCodec(nameOf(oid), width, codec));
  codecs.set(Oid.float4, float4Codec(parserOf(Oid.float4)));
  codecs.set(Oid.bytea, byteaCodec(parseBytea));
  codecs.set(BYTEA_ARRAY, parsedCodec(arrayReader('bytea[]', parseBytea)));
  codecs.set(Oid.json, jsonCodec(parserOf(Oid.json), false));
  codecs.set(Oid.jsonb, jsonCodec(parserOf(Oid.jsonb), true));
  return codecs;
}

/** Whether node-postgres makes more than text of a type. */
export function pgParses(oid: number): boolean {
  return getParser(oid, 'text') !== noParse;
}

/** A type that has a parser there and no entry here. */
export function otherPgCodec(oid: number): TypeCodec {
  return parsedCodec(parserOf(oid));
}

/** Not left to pg-types, for the reason that stands in bytea-text. */
const BYTEA_ARRAY = 1001;

type Fixed = [oid: number, width: number, codec: Parameters<typeof fixedCodec>[2]];

function fixed(): Fixed[] {
  return [
    [Oid.bool, 1, { preferred: 1, kind: 'bool', text: parserOf(Oid.bool), at: (b, p) => b[p] !== 0 }],
    [Oid.int2, 2, { preferred: 1, kind: 'int2', text: parserOf(Oid.int2), at: int16At }],
    [Oid.int4, 4, { preferred: 1, kind: 'int4', text: parserOf(Oid.int4), at: int32At }],
    [Oid.oid, 4, { preferred: 1, kind: 'oid', text: parserOf(Oid.oid), at: uint32At }],
    [Oid.int8, 8, { preferred: 1, kind: 'stringInt8', text: parserOf(Oid.int8), at: int8TextAt }],
    [Oid.float8, 8, { preferred: 1, kind: 'float8', text: parserOf(Oid.float8), at: float8At }],
    [Oid.date, 4, { preferred: 1, kind: 'date', text: dateParser(parserOf(Oid.date)), at: dateAt }],
    [Oid.timestamp, 8, { preferred: 1, kind: 'timestamp', text: dateParser(parserOf(Oid.timestamp)), at: timestampAt }],
    [
      Oid.timestamptz,
      8,
      { preferred: 1, kind: 'timestamptz', text: dateParser(parserOf(Oid.timestamptz)), at: timestamptzAt },
    ],
    [Oid.time, 8, { preferred: 0, kind: 'text', text: parserOf(Oid.time), at: timeText }],
    [Oid.timetz, 12, { preferred: 0, kind: 'text', text: parserOf(Oid.timetz), at: timetzText }],
    [Oid.uuid, 16, { preferred: 0, kind: 'text', text: parserOf(Oid.uuid), at: uuidText }],
  ];
}

const names = new Map<number, string>(Object.entries(Oid).map(([name, oid]) => [oid, name]));

/** For messages. */
function nameOf(oid: number): string {
  return names.get(oid) ?? `${oid}`;
}
