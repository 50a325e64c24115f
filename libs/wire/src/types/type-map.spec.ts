// The codecs as a map: who gives which type, in which form it is asked for, and what each mode keeps.
import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import pgTypes from 'pg-types';
import { int32, int64 } from '../../test-support/data-rows.js';
import { WireError } from '../errors/wire.error.js';
import { ELEMENT_OF_ARRAY } from './element-of-array.js';
import { Oid } from './oid.js';
import { createTypeMap } from './type-map.js';
import type { TypeCodec } from './type-codec.js';

const pg = createTypeMap();
const lossless = createTypeMap({ mode: 'lossless' });
const TEXTS: Record<number, readonly string[]> = {
  16: ['t', 'f'],
  17: ['\\x', '\\x00ff', 'a\\\\b\\001'],
  20: ['0', '-9223372036854775808'],
  21: ['-7'],
  23: ['2147483647'],
  26: ['4294967295'],
  114: ['null', '"a"', '{"a":[1,2.5]}', '9007199254740993'],
  600: ['(1.5,-2)'],
  700: ['1.1', 'NaN', '-Infinity', '-0'],
  701: ['1e-300', '0.1', 'Infinity'],
  718: ['<(1,2),3>'],
  1000: ['{t,f,NULL}'],
  1001: ['{"\\\\x00ff",NULL}'],
  1007: ['{1,NULL,{}}', '[0:1]={1,2}'],
  1009: ['{a,"b c",NULL,"NULL"}'],
  1016: ['{1,NULL}'],
  1017: ['{"(1,2)","(3,4)"}'],
  1022: ['{1.5,NaN}'],
  1082: ['2024-01-31', 'infinity', '0044-03-15 BC', '0001-01-01', '10000-01-01'],
  1083: ['12:34:56.789'],
  1114: ['2024-03-10 02:30:00', '2024-01-01 00:00:00.000001'],
  1184: ['2024-01-31 12:00:00.123456+05:30', '-infinity'],
  1185: ['{"2024-01-31 12:00:00+00",NULL}'],
  1186: ['1 year -2 days 03:04:05.6'],
  1231: ['{1.10,NULL}'],
  1700: ['1.10', 'NaN', '12345678901234567890.5'],
  2950: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  3802: ['{"a": 1}'],
  3807: ['{"{\\"a\\": 1}",NULL}'],
  77_777: ['anything'],
};

describe('mode pg', () => {
  it('makes of text what pg-types makes of it, type by type', () => {
    for (const [oid, texts] of Object.entries(TEXTS)) {
      const theirs = pgTypes.getTypeParser(Number(oid) as 23, 'text') as (text: string) => unknown;
      for (const text of texts) expect(pg.codecOf(Number(oid)).text(text)).toStrictEqual(theirs(text));
    }
  });

  it('asks for binary only where that is the same and cheaper', () => {
    const binary = [16, 17, 20, 21, 23, 26, 701, 1082, 1114, 1184];
    for (const oid of Object.values(Oid))
      expect([oid, pg.codecOf(oid).preferred]).toEqual([oid, binary.includes(oid) ? 1 : 0]);
    for (const oid of [...Object.values(Oid), 1007, 77_777]) {
      const codec = pg.codecOf(oid);
      expect(codec.preferred === 0 || codec.binary !== undefined).toBe(true);
    }
  });

  it('reads nothing but a value or a WireError out of any text or bytes', () => {
    const oids = fc.constantFrom(...Object.values(Oid), ...ELEMENT_OF_ARRAY.map(([array]) => array), 600, 718, 77_777);
    const rubbish = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}",\\NUL01-:. ()<>[]=') }));
    fc.assert(
      fc.property(
        oids,
        fc.constantFrom(pg, lossless),
        rubbish,
        fc.uint8Array({ maxLength: 20 }),
        (oid, map, text, bytes) => {
          const codec = map.codecOf(oid);
          for (const read of [() => codec.text(text), () => codec.binary?.(Buffer.from(bytes), 0, bytes.length)])
            try {
              read();
            } catch (error) {
              expect(error).toBeInstanceOf(WireError);
              if (text.length > 3) expect((error as Error).message).not.toContain(text);
            }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('mode lossless', () => {
  const read = (oid: number, text: string): unknown => lossless.codecOf(oid).text(text);

  it('keeps all that the server said', () => {
    expect(read(20, '-9223372036854775808')).toBe(-9223372036854775808n);
    for (const oid of [114, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 3802, 600, 869, 77_777])
      expect(read(oid, 'as is')).toBe('as is');
    expect(read(16, 't')).toBe(true);
    expect(read(17, '\\x00ff')).toEqual(Buffer.from([0, 255]));
    expect(read(17, 'a\\\\b\\001\\377')).toEqual(Buffer.from('a\\b\u0001\u00ff', 'latin1'));
    expect(read(700, '1.1')).toBe(1.1);
    expect(read(701, '-0')).toBe(-0);
  });

  it('reads arrays of any depth by the codec of their elements', () => {
    expect(read(1016, '{9007199254740993,NULL}')).toEqual([9007199254740993n, null]);
    expect(read(1231, '[2:3][-1:0]={{1.10,NaN},{NULL,0}}')).toEqual([
      ['1.10', 'NaN'],
      [null, '0'],
    ]);
    expect(read(1185, '{"2024-01-31 12:00:00.123456+00",infinity}')).toEqual([
      '2024-01-31 12:00:00.123456+00',
      'infinity',
    ]);
    expect(read(1009, '{"NULL",NULL,"a \\"b\\" \\\\","","{x}",é}')).toEqual(['NULL', null, 'a "b" \\', '', '{x}', 'é']);
    expect(read(1020, '{(1,1),(0,0);(2,2),(1,1)}')).toEqual(['(1,1),(0,0)', '(2,2),(1,1)']);
    expect(read(3807, '{"{\\"a\\": [1, 2]}"}')).toEqual(['{"a": [1, 2]}']);
    expect(read(1001, '{"\\\\x00ff"}')).toEqual([Buffer.from([0, 255])]);
    expect(read(1000, '{}')).toEqual([]);
  });

  it('refuses what is no array with a WireError', () => {
    for (const text of [
      '',
      '{',
      '}',
      '{1',
      '{1,}',
      '{,1}',
      '{1}2',
      '{{1}',
      '{"a}',
      '{"a"b}',
      '[1:2]',
      '{'.repeat(7) + '}'.repeat(7),
    ])
      expect(() => read(1009, text)).toThrow(WireError);
  });

  it('reads back any array of strings that the server could write', () => {
    const quoted = (value: string | null): string =>
      value === null ? 'NULL' : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
    fc.assert(
      fc.property(fc.array(fc.option(fc.string()), { minLength: 1 }), (values) => {
        expect(read(1009, `{${values.map(quoted).join(',')}}`)).toEqual(values);
        expect(read(1009, `{{${values.map(quoted).join(',')}}}`)).toEqual([values]);
      }),
    );
  });

  it('writes the server text of times that came in binary form', () => {
    const binary = (oid: number, bytes: Buffer): unknown => lossless.codecOf(oid).binary!(bytes, 0, bytes.length);
    expect(binary(1082, int32(-1))).toBe('1999-12-31');
    expect(binary(1082, int32(-730_500))).toBe('0002-12-17 BC');
    expect(binary(1114, int64(-1n))).toBe('1999-12-31 23:59:59.999999');
    expect(binary(1184, int64(86_400_500_000n))).toBe('2000-01-02 00:00:00.5+00');
    expect(binary(1114, int64(2n ** 63n - 1n))).toBe('infinity');
    expect(binary(1083, int64(86_400_000_000n))).toBe('24:00:00');
    expect(binary(1266, Buffer.concat([int64(0n), int32(-19_800)]))).toBe('00:00:00+05:30');
    expect(binary(1266, Buffer.concat([int64(1n), int32(17_762)]))).toBe('00:00:00.000001-04:56:02');
  });
});

describe('a type map', () => {
  it('gives codecs of the application before its own, and one codec per type', () => {
    const mine: TypeCodec = { preferred: 0, text: () => 'mine' };
    const map = createTypeMap({ codecs: new Map([[23, mine]]) });
    expect(map.codecOf(23)).toBe(mine);
    expect(map.codecOf(21)).toBe(map.codecOf(21));
    expect([map.mode, lossless.mode]).toEqual(['pg', 'lossless']);
  });
});
