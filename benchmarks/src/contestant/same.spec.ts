// Results that are not pg's must not be measured; results that only look different must.
import { describe, expect, it } from '@jest/globals';
import { difference, fingerprint, looseValue, rowsOfColumns, rowsOfJson } from './same.js';

const at = new Date('2001-02-03T04:05:06.789Z');
const rows = [
  { id: 1, big: '9007199254740994', flag: true, amount: '1.50', note: null, created: at, doc: { n: 1 } },
  { id: 2, big: '9007199254740995', flag: false, amount: '2.00', note: 'ü', created: at, doc: { n: 2 } },
];

describe('difference', () => {
  it('finds none between the same rows', () => {
    expect(difference(fingerprint(rows), fingerprint(structuredClone(rows)), 'exact')).toBeUndefined();
  });

  it('tells the row that differs, in its own form', () => {
    const other = [rows[0] ?? {}, { ...rows[1], flag: true }];
    expect(difference(fingerprint(other), fingerprint(rows), 'exact')).toMatch(
      /^row 1 is .*"flag":true.* instead of .*"flag":false/,
    );
    expect(difference(fingerprint(other), fingerprint(rows), 'loose')).toMatch(/^row 1 is /);
  });

  it('finds one behind the rows that it keeps, and a missing row', () => {
    const many = Array.from({ length: 10 }, (_, id) => ({ id }));
    expect(difference(fingerprint(many.with(7, { id: 70 })), fingerprint(many), 'exact')).toMatch(/behind/);
    expect(difference(fingerprint(many.slice(1)), fingerprint(many), 'exact')).toBe('9 rows instead of 10');
  });

  it('sees a number where pg has text only when it is exact', () => {
    const numbers = rows.map((row) => ({ ...row, amount: Number(row.amount) }));
    expect(difference(fingerprint(numbers), fingerprint(rows), 'exact')).toBeDefined();
    expect(difference(fingerprint(numbers), fingerprint(rows), 'loose')).toBeUndefined();
  });
});

it('columns are the same as the rows they stand for, whichever way nulls and instants are kept', () => {
  const columns = (nulls: Uint8Array, created: ArrayLike<unknown>) => ({
    rowCount: 2,
    columns: [
      { name: 'id', values: Int32Array.of(1, 2) },
      { name: 'big', values: BigInt64Array.of(9_007_199_254_740_994n, 9_007_199_254_740_995n) },
      { name: 'flag', values: Uint8Array.of(1, 0) },
      { name: 'amount', values: ['1.50', '2.00'] },
      { name: 'note', values: ['', 'ü'], nulls },
      { name: 'created', values: created },
      { name: 'doc', values: ['{"n": 1}', '{"n": 2}'] },
    ],
  });
  const reference = fingerprint(rows);
  const ms = at.getTime();
  for (const [nulls, created] of [
    [Uint8Array.of(1, 0), [at, at]],
    [Uint8Array.of(0b01), Float64Array.of(ms, ms)],
    [Uint8Array.of(1, 0), Float64Array.of(ms * 1000, ms * 1000)],
  ] as const) {
    expect(difference(fingerprint(rowsOfColumns(columns(nulls, created))), reference, 'loose')).toBeUndefined();
  }
  const wrong = fingerprint(rowsOfColumns(columns(Uint8Array.of(0, 0), [at, at])));
  expect(difference(wrong, reference, 'loose')).toMatch(/^row 0/);
});

it('JSON bytes are the same as the rows they stand for, integers beyond 2^53 included', () => {
  const text =
    '[{"id":1,"big":9007199254740994,"flag":true,"amount":1.50,"note":null,"created":"2001-02-03 04:05:06.789+00","doc":{"n":1}},' +
    '{"id":2,"big":9007199254740995,"flag":false,"amount":"2.00","note":"ü","created":"2001-02-03T04:05:06.789Z","doc":{"n":2}}]';
  expect(difference(fingerprint(rowsOfJson(text)), fingerprint(rows), 'loose')).toBeUndefined();
  const wrong = text.replace('9007199254740995', '9007199254740996');
  expect(difference(fingerprint(rowsOfJson(wrong)), fingerprint(rows), 'loose')).toMatch(/^row 1/);
});

it('a looser look does not take different values for the same', () => {
  const values = [null, '', 0, 1.5, 'a', '01x', at, { n: 1 }, '9007199254740993', '9007199254740992'];
  expect(new Set(values.map(looseValue)).size).toBe(values.length);
});
