// Builders of our own codecs: each checks what a hostile server may get wrong and nothing else. No type is named here
// for what it means; pg-codecs and lossless-codecs say that.
import { Buffer } from 'node:buffer';
import type { CellFormat } from '../field.js';
import { type Kind, withKind } from './kind.js';
import { checkWidth, malformed } from './malformed.js';
import type { TypeCodec } from './type-codec.js';
import { utf8Text } from './utf8.js';

type Parse = (text: string) => unknown;
type ReadAt = (bytes: Buffer, start: number) => unknown;

const asIs: Parse = (text) => text;

/** The server's text. A type whose binary form is not its text gets no binary decoder from here. */
export function textCodec(sameInBinary: boolean): TypeCodec {
  return withKind('text', sameInBinary ? { preferred: 0, text: asIs, binary: utf8Text } : { preferred: 0, text: asIs });
}

/** The server's text, which `binary` can tell from the binary form as well. */
export function textWithBinary(binary: (bytes: Buffer, start: number, end: number) => string): TypeCodec {
  return withKind('text', { preferred: 0, text: asIs, binary });
}

/** Text only, made into something by `text`. */
export function parsedCodec(text: Parse): TypeCodec {
  return { preferred: 0, text };
}

/** A type of a fixed number of bytes. */
export function fixedCodec(
  type: string,
  width: number,
  codec: { preferred: CellFormat; kind?: Kind; text: Parse; at: ReadAt },
): TypeCodec {
  const { preferred, kind, text, at } = codec;
  const binary = (bytes: Buffer, start: number, end: number): unknown => {
    checkWidth(type, width, start, end);
    return at(bytes, start);
  };
  const built: TypeCodec = { preferred, text, binary };
  return kind ? withKind(kind, built) : built;
}

function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  return Buffer.from(bytes.subarray(start, end));
}

/**
 * Text only. The binary form holds the float itself, of which a double makes another number than the server's text does:
 * 1.1 would be 1.100000023841858.
 */
export function float4Codec(text: Parse): TypeCodec {
  return withKind('float4', { preferred: 0, text });
}

/** The bytes, copied: a view would pin the socket's whole buffer for as long as the value lives. */
export function byteaCodec(text: Parse): TypeCodec {
  return withKind('bytea', { preferred: 1, text, binary: copyOf });
}

/** json is its text in both forms; jsonb puts a version before it. */
export function jsonCodec(parse: Parse, jsonb: boolean): TypeCodec {
  const binary = (bytes: Buffer, start: number, end: number): unknown => {
    if (jsonb && bytes[start] !== 1) return malformed('jsonb', 'has an unknown version');
    return parse(utf8Text(bytes, jsonb ? start + 1 : start, end));
  };
  return withKind('json', { preferred: 0, text: parse, binary });
}
