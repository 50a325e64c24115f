// Which of our own codecs a codec is, so that hot types can be read without a call through it. Known by identity: a
// codec of the application, even a copy of ours with one function changed, has no kind and is always called.
import type { TypeCodec } from './type-codec.js';

/** `text`: the value is the server's text. `stringInt8`, `bigInt8`: int8 of mode `pg` and of mode `lossless`. */
export type Kind =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'oid'
  | 'stringInt8'
  | 'bigInt8'
  | 'float4'
  | 'float8'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'bytea'
  | 'json'
  | 'text';

const kinds = new WeakMap<TypeCodec, Kind>();

export function withKind(kind: Kind, codec: TypeCodec): TypeCodec {
  kinds.set(codec, kind);
  return codec;
}

export function kindOf(codec: TypeCodec): Kind | undefined {
  return kinds.get(codec);
}
