// How the cells of a column become JSON. A type that has no writer here becomes what its codec makes of it, and that is
// stringified: right by construction, and slow.
import type { Buffer } from 'node:buffer';
import type { ColumnPlan } from '../rows/row-plan.js';
import { instantMs, timestampMsAt } from '../types/binary-time.js';
import type { GrowingBytes } from '../types/growing-bytes.js';
import { checkWidth, malformed } from '../types/malformed.js';
import { Oid } from '../types/oid.js';
import { utf8Text } from '../types/utf8.js';
import { writeDate, writeInstant } from './write-date.js';
import { copyInteger, writeNumber } from './write-number.js';
import { writeText, writeVerbatim } from './write-text.js';
import { writeBuffer, writeValue } from './write-value.js';

/** Writes a cell that is not NULL; false if there is nothing to write and the property is left out. */
export type CellWriter = (out: GrowingBytes, bytes: Buffer, start: number, end: number) => boolean;

type Write = (out: GrowingBytes, bytes: Buffer, start: number, end: number) => void;
type Read<T> = (bytes: Buffer, start: number, end: number) => T;

export function cellWriterOf(plan: ColumnPlan): CellWriter {
  const read = plan.read;
  const write = hotWriter(plan);
  if (!write) return (out, bytes, start, end) => writeValue(out, read(bytes, start, end));
  return (out, bytes, start, end) => {
    write(out, bytes, start, end);
    return true;
  };
}

function hotWriter(plan: ColumnPlan): Write | undefined {
  const { kind, binary, read, codec, typeOid } = plan;
  if (isJson(typeOid) && (kind === 'json' || kind === 'text'))
    return binary && typeOid === Oid.jsonb ? versioned : writeVerbatim;
  switch (kind) {
    case 'bool':
      return (out, bytes, start, end) => out.ascii(read(bytes, start, end) === true ? 'true' : 'false');
    case 'int2':
    case 'int4':
    case 'oid':
      return binary ? numberWriter(read as Read<number>) : integerText(read as Read<number>);
    case 'float4':
    case 'float8':
      return numberWriter(read as Read<number>);
    case 'stringInt8':
      return binary ? quotedInt8 : writeText;
    case 'bigInt8':
      return binary ? bareInt8 : undefined;
    case 'timestamptz':
      return binary ? instant : undefined;
    case 'timestamp':
    case 'date':
      return binary ? dateWriter(read as Read<Date | number>) : undefined;
    case 'bytea':
      return binary ? writeBuffer : undefined;
    case 'text':
      // Text of a type whose binary form is something else comes out of its codec.
      return !binary || codec.binary === utf8Text ? writeText : undefined;
    default:
      return undefined;
  }
}

function isJson(typeOid: number): boolean {
  return typeOid === Oid.json || typeOid === Oid.jsonb;
}

function numberWriter(read: Read<number>): Write {
  return (out, bytes, start, end) => writeNumber(out, read(bytes, start, end));
}

function integerText(read: Read<number>): Write {
  return (out, bytes, start, end) => {
    if (!copyInteger(out, bytes, start, end)) writeNumber(out, read(bytes, start, end));
  };
}

function dateWriter(read: Read<Date | number>): Write {
  return (out, bytes, start, end) => writeDate(out, read(bytes, start, end));
}

function quotedInt8(out: GrowingBytes, bytes: Buffer, start: number, end: number): void {
  checkWidth('int8', 8, start, end);
  out.byte(0x22);
  out.int8(bytes, start);
  out.byte(0x22);
}

function bareInt8(out: GrowingBytes, bytes: Buffer, start: number, end: number): void {
  checkWidth('int8', 8, start, end);
  out.int8(bytes, start);
}

function instant(out: GrowingBytes, bytes: Buffer, start: number, end: number): void {
  checkWidth('timestamptz', 8, start, end);
  writeInstant(out, instantMs(timestampMsAt(bytes, start)));
}

/** The binary form of jsonb is a version and then text. */
function versioned(out: GrowingBytes, bytes: Buffer, start: number, end: number): void {
  if (bytes[start] !== 1) malformed('jsonb', 'has an unknown version');
  writeVerbatim(out, bytes, start + 1, end);
}
