// What both ways to decode a row agree on: which column gives which property, and how a cell of it is read. The slow and
// general reading stands here; generate-decoder has the fast one for the same plan.
import type { Buffer } from 'node:buffer';
import { WireError } from '../errors/wire.error.js';
import type { WireField } from '../field.js';
import { type Kind, kindOf } from '../types/kind.js';
import { floatOfText, intOfText } from '../types/numbers.js';
import type { TypeCodec, TypeMap } from '../types/type-codec.js';
import { utf8Text } from '../types/utf8.js';

/** Reads one cell that is not NULL. */
export type CellReader = (bytes: Buffer, start: number, end: number) => unknown;

/** What a RowDecoder is; see there. */
export type DecodeRows = (bytes: Buffer, from: number, count: number, into: Record<string, unknown>[]) => number;

export interface ColumnPlan {
  readonly name: string;
  readonly typeOid: number;
  readonly binary: boolean;
  readonly kind: Kind | undefined;
  readonly codec: TypeCodec;
  readonly read: CellReader;
  /** Of columns with one name the last gives the value: the cells of the others are passed over, unread. */
  readonly hidden: boolean;
}

export interface RowPlan {
  readonly columns: readonly ColumnPlan[];
  /** Properties in the order in which assigning column after column would create them. */
  readonly properties: readonly { readonly name: string; readonly column: number }[];
}

export function planRow(fields: readonly WireField[], types: TypeMap): RowPlan {
  const last = new Map<string, number>();
  fields.forEach((field, column) => last.set(field.name, column));
  const columns = fields.map((field, column): ColumnPlan => {
    const codec = types.codecOf(field.typeOid);
    const binary = field.format === 1;
    const kind = kindOf(codec);
    const read = readerOf(field.typeOid, codec, kind, binary);
    return {
      name: field.name,
      typeOid: field.typeOid,
      binary,
      kind,
      codec,
      read,
      hidden: last.get(field.name) !== column,
    };
  });
  return { columns, properties: [...last].map(([name, column]) => ({ name, column })) };
}

/** 't' and 'f', as the server writes booleans. */
const T = 0x74;
const F = 0x66;

function readerOf(typeOid: number, codec: TypeCodec, kind: Kind | undefined, binary: boolean): CellReader {
  if (binary) {
    return (
      codec.binary ??
      (() => {
        throw new WireError(`Type ${typeOid} came in binary form, which nobody asked for or can read`);
      })
    );
  }
  // pg-types looks at the digits of an int8 and gives the same string either way.
  if (kind === 'text' || kind === 'stringInt8') return utf8Text;
  if (kind === 'int2' || kind === 'int4' || kind === 'oid') return intOfText;
  if (kind === 'float8' || kind === 'float4') return floatOfText;
  const { text } = codec;
  if (kind === 'bool') {
    return (bytes, start, end) =>
      end - start === 1 && (bytes[start] === T || bytes[start] === F)
        ? bytes[start] === T
        : text(utf8Text(bytes, start, end));
  }
  return (bytes, start, end) => text(utf8Text(bytes, start, end));
}
