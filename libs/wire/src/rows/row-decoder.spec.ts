// Both ways to decode, against assignment column after column of what pg-types makes of the text.
import { Buffer } from 'node:buffer';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import pgTypes from 'pg-types';
import { type Cell, dataRow, dataRows, field, float8, int16, int32, int64 } from '../../test-support/data-rows.js';
import { TranspiledLibrary } from '../../test-support/transpiled.js';
import { WireError } from '../errors/wire.error.js';
import type { WireField } from '../field.js';
import type { TypeCodec } from '../types/type-codec.js';
import { createTypeMap } from '../types/type-map.js';
import { generateDecoder } from './generate-decoder.js';
import { interpretRows } from './interpret-rows.js';
import { createRowDecoder } from './row-decoder.js';
import { type RowPlan, planRow } from './row-plan.js';

type Row = Record<string, unknown>;
const types = createTypeMap();
const ways = { generated: (plan: RowPlan) => generateDecoder(plan)!, interpreted: interpretRows };

function decode(way: keyof typeof ways, fields: WireField[], bytes: Buffer, count: number, map = types): Row[] {
  const rows: Row[] = [];
  const end = ways[way](planRow(fields, map))(bytes, 0, count, rows);
  expect(end).toBe(bytes.length);
  return rows;
}

const HOSTILE = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'a',
  'a',
  '"',
  "'",
  '`${a}`',
  '\\',
  '\n',
  '\u2028',
  '\ud800',
];
const names = fc.oneof(
  fc.constantFrom(...HOSTILE, '0', '7', '-1', '1.5', '*/', 'v0', 'b', 'p'),
  fc.string(),
  fc.string({ unit: 'binary' }),
);

describe.each(Object.keys(ways) as (keyof typeof ways)[])('%s rows', (way) => {
  it('have the properties that assigning column after column would give, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 12 }), fc.boolean(), (columns, nulls) => {
        const fields = columns.map((name) => field(name, 25));
        const cells = columns.map((_, i) => (nulls && i % 3 === 1 ? null : `value ${i}`));
        const [row, again] = decode(way, fields, dataRows([cells, cells]), 2) as [Row, Row];
        const wanted: Row = Object.fromEntries(columns.map((name, i) => [name, cells[i]]));
        expect(row).toStrictEqual(wanted);
        expect(again).toStrictEqual(wanted);
        expect(Object.keys(row)).toEqual(Object.keys(wanted));
        expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
        expect(JSON.stringify(row)).toBe(JSON.stringify(wanted));
        expect({ ...row }).toStrictEqual(wanted);
        expect(JSON.stringify(structuredClone(row))).toBe(JSON.stringify(wanted));
      }),
    );
  });

  it('may have no column, or more than any table can', () => {
    expect(decode(way, [], dataRows([[], []]), 2)).toStrictEqual([{}, {}]);
    const wide = Array.from({ length: 1700 }, (_, i) => i);
    const fields = wide.map((i) => field(`c${i}`, i % 2 ? 25 : 23, i % 2 ? 0 : 1));
    const [row] = decode(way, fields, dataRow(wide.map((i) => (i % 2 ? `${i}` : int32(i)))), 1) as [Row];
    expect(row).toStrictEqual(Object.fromEntries(wide.map((i) => [`c${i}`, i % 2 ? `${i}` : i])));
  });

  it('hold the values of binary cells and NULLs', () => {
    const fields = [21, 23, 26, 20, 701, 16, 17].map((oid) => field(`t${oid}`, oid, 1));
    const cells = [
      int16(-7),
      int32(-70_000),
      int32(-1),
      int64(-(2n ** 63n)),
      float8(-0),
      Buffer.from([1]),
      Buffer.from([0, 255]),
    ];
    const [row, empty] = decode(way, fields, dataRows([cells, cells.map(() => null)]), 2) as [Row, Row];
    expect(row).toStrictEqual({
      t21: -7,
      t23: -70_000,
      t26: 4_294_967_295,
      t20: '-9223372036854775808',
      t701: -0,
      t16: true,
      t17: Buffer.from([0, 255]),
    });
    expect(Object.values(empty)).toEqual(cells.map(() => null));
  });

  it('keep no view of the bytes', () => {
    const bytes = dataRow([Buffer.from('bytes'), Buffer.from('text')]);
    const [row] = decode(way, [field('bytea', 17, 1), field('text', 25)], bytes, 1) as [Row];
    bytes.fill(0);
    expect(row).toEqual({ bytea: Buffer.from('bytes'), text: 'text' });
  });

  it('throw a WireError, and nothing else, for a binary cell of the wrong width', () => {
    for (const oid of [16, 21, 23, 26, 20, 701, 1082, 1083, 1114, 1184, 1266, 2950]) {
      for (let width = 0; width < 20; width++) {
        if (width === { 16: 1, 21: 2, 20: 8, 701: 8, 1083: 8, 1114: 8, 1184: 8, 1266: 12, 2950: 16 }[oid]) continue;
        if (width === 4 && [23, 26, 1082].includes(oid)) continue;
        const bytes = dataRow(['before', Buffer.alloc(width)]);
        for (const map of [types, createTypeMap({ mode: 'lossless' })])
          expect(() => decode(way, [field('a', 25), field('b', oid, 1)], bytes, 1, map)).toThrow(WireError);
      }
    }
  });

  it('throw a WireError for text that its type does not have, and for binary that nobody reads', () => {
    const bad: [number, 0 | 1, Cell][] = [
      [114, 0, '{'],
      [3802, 1, Buffer.from('\u0002{}')],
      [1007, 0, '{1'],
      [1700, 1, Buffer.alloc(8)],
      [77_777, 1, 'x'],
    ];
    for (const [oid, format, cell] of bad)
      expect(() => decode(way, [field('x', oid, format)], dataRow([cell]), 1)).toThrow(WireError);
  });

  it('come from codecs of the application where there are any', () => {
    const map = createTypeMap({
      codecs: new Map<number, TypeCodec>([
        [
          23,
          {
            preferred: 1,
            text: (text: string) => `t${text}`,
            binary: (b, start, end) => b.toString('hex', start, end),
          },
        ],
        [25, { preferred: 0, text: (text: string) => text.toUpperCase() }],
      ]),
    });
    const fields = [field('a', 23, 1), field('b', 23), field('c', 25), field('d', 21)];
    expect(decode(way, fields, dataRow([int32(10), '10', 'x', '5']), 1, map)).toEqual([
      { a: '0000000a', b: 't10', c: 'X', d: 5 },
    ]);
  });

  it('have the text of any cell that is UTF-8, and U+FFFD where it is not', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 9 }));
    fc.assert(
      fc.property(text, fc.uint8Array({ maxLength: 10 }), (string, garbage) => {
        const [row] = decode(way, [field('a', 25), field('b', 1043)], dataRow([string, garbage]), 1) as [Row];
        expect(row).toEqual({ a: Buffer.from(string).toString(), b: Buffer.from(garbage).toString() });
      }),
    );
  });

  it('read text cells of numbers and booleans as pg-types does, sane or not', () => {
    const number = fc.oneof(
      fc.integer().map(String),
      fc.bigInt().map(String),
      fc.double().map(String),
      fc.constantFrom(
        '',
        '-',
        '-0',
        'NaN',
        'Infinity',
        '-Infinity',
        '1e400',
        '007',
        '12a',
        '1 ',
        ' 1',
        't',
        'f',
        'y',
        'true',
        '1',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(number, fc.constantFrom(16, 20, 21, 23, 26, 700, 701), (text, oid) => {
        const [row] = decode(way, [field('a', oid)], dataRow([text]), 1) as [Row];
        const parse = pgTypes.getTypeParser(oid as 23, 'text') as (text: string) => unknown;
        expect(row).toStrictEqual({ a: parse(Buffer.from(text).toString()) });
      }),
    );
  });
});

describe('createRowDecoder', () => {
  const library = new TranspiledLibrary();
  afterAll(() => library.close());

  it('gives the same rows before and after it compiles, from any offset', () => {
    const fields = [field('id', 23, 1), field('name', 25)];
    const decoder = createRowDecoder(fields, types);
    const bytes = Buffer.concat([Buffer.alloc(3), dataRows(Array.from({ length: 30 }, (_, i) => [int32(i), `n${i}`]))]);
    for (let round = 0; round < 5; round++) {
      const rows: Row[] = [];
      const middle = decoder(bytes, 3, 10, rows);
      expect(decoder(bytes, middle, 20, rows)).toBe(bytes.length);
      expect(rows).toStrictEqual(Array.from({ length: 30 }, (_, i) => ({ id: i, name: `n${i}` })));
    }
  });

  it('works where code from strings is forbidden', () => {
    const script = `
      import { createRowDecoder, createTypeMap } from './src/index.js';
      import { dataRow, field, int32 } from './test-support/data-rows.js';
      let forbidden = false;
      try { new Function(''); } catch { forbidden = true; }
      const decoder = createRowDecoder([field('a', 23, 1), field('__proto__', 25)], createTypeMap());
      const rows = [];
      for (let i = 0; i < 200; i++) decoder(dataRow([int32(i), 'x']), 0, 1, rows);
      console.log(JSON.stringify({ forbidden, rows }));`;
    const flags = ['--disallow-code-generation-from-strings'];
    const { forbidden, rows } = library.run(script, { flags }) as { forbidden: boolean; rows: Row[] };
    expect(forbidden).toBe(true);
    expect(rows).toHaveLength(200);
    expect(JSON.stringify(rows[199])).toBe('{"a":199,"__proto__":"x"}');
  });
});
