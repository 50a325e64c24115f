// The types of one mode, with the application's own codecs in front. Immutable once made, and made alike in every
// thread: functions do not cross.
import { textCodec } from './builtin.js';
import { losslessCodecs } from './lossless-codecs.js';
import { otherPgCodec, pgCodecs, pgParses } from './pg-codecs.js';
import type { TypeCodec, TypeMap, TypeMode } from './type-codec.js';

export interface TypeMapOptions {
  /** Default `pg`. */
  readonly mode?: TypeMode;
  /** Codecs of the application by type OID. They win over those of the mode. */
  readonly codecs?: ReadonlyMap<number, TypeCodec>;
}

const plainText = textCodec(false);

export function createTypeMap(options: TypeMapOptions = {}): TypeMap {
  const mode = options.mode ?? 'pg';
  const codecs = new Map([...(mode === 'pg' ? pgCodecs() : losslessCodecs()), ...(options.codecs ?? [])]);
  return {
    mode,
    codecOf(typeOid) {
      let codec = codecs.get(typeOid);
      if (codec) return codec;
      // Not remembered: a server can name four billion types.
      if (mode === 'lossless' || !pgParses(typeOid)) return plainText;
      codecs.set(typeOid, (codec = otherPgCodec(typeOid)));
      return codec;
    },
  };
}
