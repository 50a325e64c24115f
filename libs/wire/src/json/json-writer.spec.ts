// JSON out of bytes is JSON out of rows, for every type and form, however the output is cut.
import { Buffer, isUtf8 } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Cell, dataRow, dataRows, field, int64 } from '../../test-support/data-rows.js';
import { randomTable } from '../../test-support/random-table.js';
import { WireError } from '../errors/wire.error.js';
import type { WireField } from '../field.js';
import { createRowDecoder } from '../rows/row-decoder.js';
import { createTypeMap } from '../types/type-map.js';
import type { TypeCodec } from '../types/type-codec.js';
import { type JsonForm, JsonWriter } from './json-writer.js';

type Row = Record<string, unknown>;
const types = createTypeMap();
const lossless = createTypeMap({ mode: 'lossless' });

/** The whole output, taken after every `step` rows. */
function write(
  form: JsonForm,
  fields: readonly WireField[],
  rows: readonly (readonly Cell[])[],
  map = types,
  step = 3,
): string {
  const writer = new JsonWriter(fields, map, form);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < rows.length; i += step) {
    const bytes = dataRows(rows.slice(i, i + step));
    expect(writer.add(bytes, 0, Math.min(step, rows.length - i))).toBe(bytes.length);
    const { byteLength } = writer;
    parts.push(writer.take());
    expect(parts.at(-1)).toHaveLength(byteLength);
  }
  parts.push(writer.finish());
  expect(isUtf8(Buffer.concat(parts))).toBe(true);
  return Buffer.concat(parts).toString();
}

function rowsOf(fields: readonly WireField[], rows: readonly (readonly Cell[])[], map = types): Row[] {
  const into: Row[] = [];
  createRowDecoder(fields, map)(dataRows(rows), 0, rows.length, into);
  return into;
}

const entries = (rows: unknown): unknown =>
  (rows as Row[]).map((row) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
const linesOf = (text: string): unknown[] => {
  expect(text.endsWith('\n') || text === '').toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
};

describe('JSON', () => {
  it('is what JSON.stringify makes of the rows, as an array and as lines', () => {
    fc.assert(
      fc.property(randomTable, fc.integer({ min: 1, max: 5 }), ({ fields, rows }, step) => {
        const wanted = entries(JSON.parse(JSON.stringify(rowsOf(fields, rows))));
        expect(entries(JSON.parse(write('json', fields, rows, types, step)))).toStrictEqual(wanted);
        expect(entries(linesOf(write('ndjson', fields, rows, types, step)))).toStrictEqual(wanted);
      }),
      { numRuns: 400 },
    );
  });

  it('is valid and says the same of all but json and bigints in mode lossless', () => {
    fc.assert(
      fc.property(randomTable, ({ fields, rows }) => {
        const plain = fields.map((of) => ({
          ...of,
          typeOid: [114, 3802, 20, 1016].includes(of.typeOid) && of.format === 0 ? 25 : of.typeOid,
        }));
        const some = plain.filter((of) => of.typeOid !== 20 && of.typeOid !== 114);
        const cells = rows.map((row) => row.filter((_, c) => some.includes(plain[c]!)));
        const wanted = entries(JSON.parse(JSON.stringify(rowsOf(some, cells, lossless))));
        expect(entries(JSON.parse(write('json', some, cells, lossless)))).toStrictEqual(wanted);
        JSON.parse(write('json', fields, rows, lossless));
      }),
    );
  });

  it('has digits for bigints of mode lossless, in arrays too, and json as it was sent', () => {
    const fields = [field('b', 20, 1), field('t', 20), field('a', 1016), field('j', 114), field('k', 3802, 1)];
    const big = '9007199254740993';
    const row = [int64(BigInt(big)), big, `{${big},NULL}`, `{"n": ${big}.5}`, `\u0001[${big}]`];
    expect(write('ndjson', fields, [row], lossless)).toBe(
      `{"b":${big},"t":${big},"a":[${big},null],"j":{"n": ${big}.5},"k":[${big}]}\n`,
    );
    expect(write('json', fields.slice(3), [row.slice(3)])).toBe(`[{"j":{"n": ${big}.5},"k":[${big}]}]`);
  });

  it('of no rows is an empty array, or nothing, and of no columns empty objects', () => {
    expect([write('json', [], []), write('ndjson', [], [])]).toEqual(['[]', '']);
    expect([write('json', [], [[], []]), write('ndjson', [], [[], []])]).toEqual(['[{},{}]', '{}\n{}\n']);
  });

  it('keeps a row on one line when its json has line breaks', () => {
    const text = write('ndjson', [field('j', 114)], [['{\r\n\t"a":\n1}'], [Buffer.from('{\n"\u00e9":1}\n')]]);
    expect(linesOf(text)).toEqual([{ j: { a: 1 } }, { j: { é: 1 } }]);
  });

  it('escapes every character that JSON does, and is UTF-8 whatever the cells are', () => {
    const all = String.fromCharCode(...Array.from({ length: 400 }, (_, i) => i));
    expect(write('ndjson', [field('t', 25)], [[all]])).toBe(`${JSON.stringify({ t: all })}\n`);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (garbage) => {
        const string = Buffer.from(garbage).toString();
        expect(write('ndjson', [field('t', 25)], [[garbage]])).toBe(`${JSON.stringify({ t: string })}\n`);
        const json = Buffer.concat([Buffer.from('"'), garbage.filter((byte) => byte >= 128), Buffer.from('"')]);
        expect(linesOf(write('ndjson', [field('j', 114)], [[json]]))).toEqual([{ j: JSON.parse(json.toString()) }]);
      }),
    );
  });

  it('writes integers that are no JSON as the number they are', () => {
    const cells = ['007', '-0', '+5', '-7', '', 'NaN', '5 ', '0'];
    const text = write(
      'json',
      [field('n', 23)],
      cells.map((cell) => [cell]),
    );
    expect(JSON.parse(text)).toEqual([7, 0, 5, -7, null, null, 5, 0].map((n) => ({ n })));
  });

  it('leaves out what a codec of the application makes undefined, and the comma with it', () => {
    const codec: TypeCodec = { preferred: 0, text: (text) => (text === '' ? undefined : { text }) };
    const map = createTypeMap({ codecs: new Map([[25, codec]]) });
    const fields = ['a', 'b', 'c'].map((name) => field(name, 25));
    const rows = [
      ['', 'x', ''],
      ['x', '', 'y'],
      ['', '', ''],
    ];
    expect(write('json', fields, rows, map)).toBe(JSON.stringify(rowsOf(fields, rows, map)));
  });

  it('refuses malformed cells with a WireError', () => {
    const bad: [number, 0 | 1, Cell][] = [
      [20, 1, 'x'],
      [1184, 1, 'x'],
      [1082, 1, 'x'],
      [3802, 1, '\u0002{}'],
      [1007, 0, '{1'],
      [21, 1, 'xyz'],
      [16, 1, 'xyz'],
      [701, 1, ''],
    ];
    for (const [oid, format, cell] of bad)
      expect(() => new JsonWriter([field('a', oid, format)], types, 'json').add(dataRow([cell]), 0, 1)).toThrow(
        WireError,
      );
  });
});
