// Every kind of value to what Bind carries: equal to node-postgres where it stores what was meant, refused by name where
// it would not.
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { thrown } from '../../test-support/failure.js';
import { Zones, type DateIn } from '../../test-support/run-in-zone.js';
import { encodeParameter } from './encode-parameter.js';

const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils') as { prepareValue(value: unknown): unknown };

const encode = (value: unknown): unknown => encodeParameter(value, '$1');
const refusal = (value: unknown, code = 'DB_PARAMETERS'): string => {
  const error = thrown(() => encode(value));
  expect(error.code).toBe(code);
  return error.message;
};

describe('a single value', () => {
  it.each<[string, unknown, unknown]>([
    ['text', "it's", "it's"],
    ['empty text', '', ''],
    ['text beyond the basic plane', '😀 ü', '😀 ü'],
    ['a number', 1.5, '1.5'],
    ['a large number', 1e21, '1e+21'],
    ['the largest whole number', Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['minus zero', -0, '0'],
    ['NaN', NaN, 'NaN'],
    ['Infinity', Infinity, 'Infinity'],
    ['-Infinity', -Infinity, '-Infinity'],
    ['a bigint', 2n ** 63n - 1n, '9223372036854775807'],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['null', null, null],
    ['a plain object', { a: [1, null], b: { c: 'x' } }, '{"a":[1,null],"b":{"c":"x"}}'],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
    ['an object with toJSON', { toJSON: () => ({ a: 1 }) }, '{"a":1}'],
  ])('%s goes as node-postgres sends it', (_what, value, sent) => {
    expect(encode(value)).toBe(sent);
    expect(encode(value)).toBe(prepareValue(value));
  });

  it('any text, number, boolean or JSON goes as node-postgres sends it', () => {
    const single = fc.oneof(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constant(null),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.date({ noInvalidDate: true }),
    );
    fc.assert(
      fc.property(single, (value) => {
        expect(encode(value)).toBe(prepareValue(value));
      }),
    );
  });
});

describe('bytes', () => {
  it.each<[string, ArrayBuffer | ArrayBufferView]>([
    ['a Buffer', Buffer.from([1, 2, 255])],
    ['a Uint8Array', Uint8Array.of(1, 2, 255)],
    ['a part of a buffer', new Uint8Array(Uint8Array.of(9, 1, 2, 255, 9).buffer, 1, 3)],
    ['a DataView', new DataView(Uint8Array.of(9, 1, 2, 255).buffer, 1)],
    ['an ArrayBuffer', Uint8Array.of(1, 2, 255).buffer],
  ])('%s goes as its bytes, no more and no fewer', (_what, value) => {
    const sent = encode(value);
    expect(sent).toBeInstanceOf(Uint8Array);
    expect([...(sent as Uint8Array)]).toEqual([1, 2, 255]);
  });

  it('of a wider view go in memory order', () => {
    expect([...(encode(Uint16Array.of(0x0102)) as Uint8Array)]).toEqual([2, 1]);
  });

  it('inside an array are written in hex, which the literal quotes', () => {
    expect(encode([Buffer.from([0xde, 0xad]), Uint8Array.of(1), new ArrayBuffer(1)])).toBe(
      '{"\\\\xdead","\\\\x01","\\\\x00"}',
    );
  });
});

describe('an array', () => {
  it.each<[string, unknown[], string]>([
    ['no element', [], '{}'],
    ['numbers', [1, -2.5, NaN], '{"1","-2.5","NaN"}'],
    ['null and undefined', [null, undefined, 'NULL'], '{NULL,NULL,"NULL"}'],
    ['what the literal has to escape', ['a"b', 'c\\d', '{e}', 'f,g', ' ', ''], '{"a\\"b","c\\\\d","{e}","f,g"," ",""}'],
    [
      'arrays',
      [
        [1, 2],
        [null, 3],
      ],
      '{{"1","2"},{NULL,"3"}}',
    ],
    ['arrays of arrays', [[['a']], [['b']]], '{{{"a"}},{{"b"}}}'],
    ['objects', [{ a: 'x"y' }], '{"{\\"a\\":\\"x\\\\\\"y\\"}"}'],
    ['booleans', [true, false], '{"true","false"}'],
  ])('of %s is the literal that node-postgres writes', (_what, value, literal) => {
    expect(encode(value)).toBe(literal);
    expect(prepareValue(value)).toBe(literal);
  });

  it('with holes has NULL in them, as node-postgres has it', () => {
    const holes = Object.assign([1], { 2: 3 });
    expect(encode(holes)).toBe('{"1",NULL,"3"}');
    expect(encode(holes)).toBe(prepareValue(holes));
  });

  it('that holds itself is refused, not followed to the end of the stack', () => {
    const circle: unknown[] = [];
    circle.push([circle]);
    expect(refusal(circle)).toMatch(/refers to itself/);
  });

  it('names the element that cannot be sent', () => {
    expect(refusal([1, [2, Symbol('x')]])).toBe('parameter $1[1][1] is a symbol, which has no SQL form');
    expect(refusal([new Date(NaN)])).toBe('parameter $1[0] is an invalid Date');
    expect(refusal(['a\0'], 'DB_DATA')).toMatch(/^parameter \$1\[0\] has a NUL/);
  });

  it('of anything is read back as it was', () => {
    const element = fc.option(
      fc.string().filter((text) => !text.includes('\0')),
      { nil: null },
    );
    fc.assert(
      fc.property(fc.array(fc.array(element, { minLength: 1 }), { minLength: 1 }), (value) => {
        expect(readLiteral(encode(value) as string)).toEqual(value);
      }),
    );
  });
});

describe('a Date', () => {
  let zones: Zones;
  beforeAll(() => {
    zones = new Zones();
  });
  afterAll(() => zones.close());

  it.each<[string, DateIn[]]>([
    ['UTC', [0, Date.UTC(2024, 1, 29, 23, 59, 59, 999)]],
    ['Europe/Berlin', [[2024, 2, 31, 2, 30], [2024, 2, 31, 1, 59, 59], 1729989000000, 1729992600000]],
    [
      'America/St_Johns',
      [
        [2024, 6, 1, 12],
        [2024, 0, 1, 12],
      ],
    ],
    ['Asia/Kathmandu', [[2024, 6, 1, 12]]],
    [
      'Pacific/Apia',
      [
        [2011, 11, 30, 12],
        [2011, 11, 31],
      ],
    ],
  ])('of %s says its instant and its local time, as node-postgres does', (zone, dates) => {
    for (const { ours, theirs, instant } of zones.encode(zone, dates)) {
      expect(ours).toBe(theirs);
      expect(Date.parse(ours)).toBe(instant);
    }
  });

  it('in a gap of summer time is the hour after it', () => {
    const [sent] = zones.encode('Europe/Berlin', [[2024, 2, 31, 2, 30]]);
    expect(sent?.ours).toBe('2024-03-31T03:30:00.000+02:00');
  });

  it('in the hour that comes twice keeps apart which of the two it is', () => {
    const sent = zones.encode('Europe/Berlin', [1729989000000, 1729992600000]);
    expect(sent.map(({ ours }) => ours)).toEqual(['2024-10-27T02:30:00.000+02:00', '2024-10-27T02:30:00.000+01:00']);
  });

  it('of an age with odd offsets still says its instant', () => {
    // Berlin kept local mean time, +0:53:28, until 1893; Amsterdam and New York were odd the other way round.
    for (const zone of ['Europe/Berlin', 'Europe/Amsterdam', 'America/New_York']) {
      const [sent] = zones.encode(zone, [Date.UTC(1880, 0, 1)]);
      expect(instantOf(sent?.ours ?? '')).toBe(sent?.instant);
    }
  });

  it('of any year is written as PostgreSQL reads it', () => {
    const years = [0, -43, 1, 999, 10_000, 275_000];
    const dates = years.map((year) => new Date(0).setUTCFullYear(year));
    const sent = zones.encode('UTC', dates);
    expect(sent.map(({ ours }) => ours)).toEqual([
      '0001-01-01T00:00:00.000+00:00 BC',
      '0044-01-01T00:00:00.000+00:00 BC',
      '0001-01-01T00:00:00.000+00:00',
      '0999-01-01T00:00:00.000+00:00',
      '10000-01-01T00:00:00.000+00:00',
      '275000-01-01T00:00:00.000+00:00',
    ]);
    expect(sent.map(({ ours }) => ours)).toEqual(sent.map(({ theirs }) => theirs));
  });

  it('that is invalid is refused', () => {
    expect(refusal(new Date(NaN))).toBe('parameter $1 is an invalid Date');
  });
});

describe('an object with toPostgres', () => {
  it('says its own form, also in an array, and may use the encoder for its parts', () => {
    const point = { toPostgres: () => '(1,2)' };
    const list = { toPostgres: (inner: (value: unknown) => unknown) => inner([1, 'a']) };
    const wrapped = { toPostgres: () => point };
    for (const value of [point, list, wrapped, [point], { toPostgres: () => null }]) {
      expect(encode(value)).toEqual(prepareValue(value));
    }
    expect(encode(point)).toBe('(1,2)');
    expect(encode(list)).toBe('{"1","a"}');
  });

  it('is refused when it never comes to an end, or ends in nothing', () => {
    const endless: object = { toPostgres: (): unknown => endless };
    expect(refusal(endless)).toMatch(/nested more than 16 deep or refers to itself/);
    expect(refusal({ toPostgres: () => undefined })).toMatch(/is undefined/);
  });
});

describe('what has no form is refused by name, before anything is sent', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;

  it.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /^parameter \$1 is undefined; pass null for SQL NULL$/],
    ['a function', () => 1, /^parameter \$1 is a function, which has no SQL form$/],
    ['a symbol', Symbol('s'), /^parameter \$1 is a symbol, which has no SQL form$/],
    ['a circle', circle, /^parameter \$1 cannot be written as JSON: Converting circular structure/],
    ['a bigint in JSON', { n: 1n }, /^parameter \$1 cannot be written as JSON/],
    ['an object whose JSON is nothing', { toJSON: () => undefined }, /^parameter \$1 has no JSON form$/],
  ])('%s', (_what, value, message) => {
    expect(refusal(value)).toMatch(message);
  });

  it('text that cannot be stored is the fault of the data (400), for text comes from outside', () => {
    expect(refusal('a\ud800b', 'DB_DATA')).toMatch(/^parameter \$1 has a lone surrogate/);
    expect(refusal('a\0b', 'DB_DATA')).toMatch(/^parameter \$1 has a NUL character/);
  });

  it('uses the label it is given, and never the value', () => {
    const error = thrown(() => encodeParameter('secret-canary\0', ':password'));
    expect(error.message).toMatch(/^parameter :password has a NUL/);
    expect(`${error.message} ${error.stack}`).not.toContain('canary');
  });
});

/** ISO text with seconds in its offset too, which Date.parse does not know. */
function instantOf(text: string): number {
  const [, local = '', sign, hours, minutes, seconds = '0'] = /^(.*)([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return Date.parse(`${local}Z`) - (sign === '-' ? -1 : 1) * offset * 1000;
}

/** An array literal back to texts, by the rules of the manual (8.15.6). */
function readLiteral(literal: string): unknown {
  const json = literal.replace(/"(?:[^"\\]|\\.)*"|NULL|[{}]/gs, (token) => {
    if (token === 'NULL') return 'null';
    if (token === '{' || token === '}') return token === '{' ? '[' : ']';
    return JSON.stringify(token.slice(1, -1).replace(/\\(.)/gs, '$1'));
  });
  return JSON.parse(json);
}
