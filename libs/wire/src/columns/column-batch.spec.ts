// A table that crosses as columns has the rows that the row decoder makes of it, in every type, form and mode.
import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Cell, dataRow, dataRows, field, float8, int32, int64 } from '../../test-support/data-rows.js';
import { randomTable } from '../../test-support/random-table.js';
import { WireError } from '../errors/wire.error.js';
import type { WireField } from '../field.js';
import { createRowDecoder } from '../rows/row-decoder.js';
import { createTypeMap } from '../types/type-map.js';
import type { ColumnBatch } from './column-batch.js';
import { ColumnBatchReader } from './column-batch-reader.js';
import { ColumnBatchWriter } from './column-batch-writer.js';
import { ColumnData } from './column-data.js';
import { planColumns } from './column-plan.js';
import { generateRows, interpretColumns } from './generate-rows.js';

type Row = Record<string, unknown>;
const modes = { pg: createTypeMap(), lossless: createTypeMap({ mode: 'lossless' }) };

/** To Jest two invalid Dates differ, and a property named `constructor` is the type of a row. */
const shown = (value: unknown): unknown => (value instanceof Date ? `Date ${value.getTime()}` : value);
const parts = (row: Row): unknown[] => [
  Object.getPrototypeOf(row) === Object.prototype,
  Object.entries(row).map(([name, value]) => [name, shown(value)]),
];

/** As it arrives: the buffer transferred, the rest cloned. */
const cross = (batch: ColumnBatch): ColumnBatch => structuredClone(batch, { transfer: [batch.data] });

function batchOf(fields: readonly WireField[], rows: readonly (readonly Cell[])[], types = modes.pg): ColumnBatch {
  const writer = new ColumnBatchWriter(fields, types);
  const bytes = dataRows(rows);
  expect(writer.add(bytes, 0, rows.length)).toBe(bytes.length);
  expect(writer.rowCount).toBe(rows.length);
  return cross(writer.take());
}

describe.each(['pg', 'lossless'] as const)('a column batch in mode %s', (mode) => {
  const types = modes[mode];

  it('gives the rows of the row decoder, generated and interpreted, and columns of the same values', () => {
    fc.assert(
      fc.property(randomTable, ({ fields, rows }) => {
        const wanted: Row[] = [];
        createRowDecoder(fields, types)(dataRows(rows), 0, rows.length, wanted);
        const batch = batchOf(fields, rows, types);
        const plan = planColumns(fields, types);
        const data = plan.storages.map((storage, column) => new ColumnData(batch, column, storage));
        for (const read of [generateRows(plan)!, interpretColumns(plan)]) {
          const got: Row[] = [];
          read(data, 0, rows.length, got);
          expect(got.map(parts)).toStrictEqual(wanted.map(parts));
        }
        const last = new Map(fields.map(({ name }, c) => [name, c]));
        for (const [c, { name, values, nulls }] of new ColumnBatchReader(batch, fields, types).columns().entries()) {
          if (last.get(name) !== c) continue;
          const isBool = values instanceof Uint8Array;
          const plain = Array.from(values, (value, i) => (nulls?.[i] ? null : isBool ? value === 1 : value));
          expect(plain.map(shown)).toStrictEqual(wanted.map((row) => shown(row[name])));
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('a column batch', () => {
  it('has typed arrays over the buffer that crossed, and says where they are NULL', () => {
    const fields = [field('i', 23, 1), field('f', 701, 1), field('o', 26, 1), field('b', 16, 1), field('n', 20, 1)];
    const row = [int32(-5), float8(1.5), int32(-1), Buffer.from([1]), int64(7n)];
    const batch = batchOf(fields, [row, row.map(() => null)], modes.lossless);
    const columns = new ColumnBatchReader(batch, fields, modes.lossless).columns();
    const wanted = [Int32Array.of(-5, 0), Float64Array.of(1.5, 0), Uint32Array.of(0xffffffff, 0), Uint8Array.of(1, 0)];
    expect(columns.map(({ values }) => values)).toEqual([...wanted, BigInt64Array.of(7n, 0n)]);
    for (const { values, nulls } of columns) {
      expect((values as Int32Array).buffer).toBe(batch.data);
      expect(nulls).toEqual(Uint8Array.of(0, 1));
    }
    const [whole] = new ColumnBatchReader(batchOf([fields[0]!], [[int32(1)]]), [fields[0]!], modes.pg).columns();
    expect('nulls' in whole!).toBe(false);
  });

  it('holds text of any length and script, and more rows than it had room for', () => {
    const fields = [field('t', 25), field('n', 20, 1), field('o', 25)];
    const rows = Array.from({ length: 5000 }, (_, i): Cell[] => [
      i % 7 ? 'ä😀x'.repeat(i % 5) : null,
      int64(BigInt(i) ** 5n),
      i === 4000 ? null : `row ${i}`,
    ]);
    const got: Row[] = [];
    const reader = new ColumnBatchReader(batchOf(fields, rows), fields, modes.pg);
    for (let from = 0; from < 5000; from += 700) reader.rows(from, Math.min(5000, from + 700), got);
    expect(got).toStrictEqual(rows.map(([t, , o], i) => ({ t, n: String(BigInt(i) ** 5n), o })));
  });

  it('does not join halves of a character that were cut between two cells', () => {
    const [first, second] = [Buffer.from([0x61, 0xc3]), Buffer.from([0xa9, 0x62])];
    const fields = [field('t', 25)];
    const got: Row[] = [];
    new ColumnBatchReader(batchOf(fields, [[first], [second], ['é']]), fields, modes.pg).rows(0, 3, got);
    expect(got.map(({ t }) => t)).toEqual(['a\ufffd', '\ufffdb', 'é']);
  });

  it('leaves nothing of itself in the next one', () => {
    const fields = [field('a', 23, 1), field('t', 25)];
    const writer = new ColumnBatchWriter(fields, modes.pg);
    const take = (rows: Cell[][]): Row[] => {
      writer.add(dataRows(rows), 0, rows.length);
      expect(writer.byteLength).toBeGreaterThan(0);
      const batch = writer.take();
      expect([writer.rowCount, writer.byteLength]).toEqual([0, 0]);
      const got: Row[] = [];
      new ColumnBatchReader(cross(batch), fields, modes.pg).rows(0, batch.rowCount, got);
      return got;
    };
    expect(
      take([
        [null, null],
        [int32(1), 'é'],
      ]),
    ).toEqual([
      { a: null, t: null },
      { a: 1, t: 'é' },
    ]);
    expect(
      take([
        [int32(2), 'b'],
        [int32(3), 'c'],
        [int32(4), 'd'],
      ]),
    ).toEqual([
      { a: 2, t: 'b' },
      { a: 3, t: 'c' },
      { a: 4, t: 'd' },
    ]);
    expect(writer.take()).toEqual({ rowCount: 0, data: expect.any(ArrayBuffer), layout: expect.any(Array) });
  });

  it('refuses cells that are not of their type with a WireError', () => {
    const bad: [number, 0 | 1, Cell][] = [
      [23, 0, 'x'],
      [23, 0, '99999999999'],
      [26, 0, '-1'],
      [21, 1, 'abc'],
      [20, 1, 'x'],
      [1184, 1, 'x'],
      [1082, 1, 'x'],
      [16, 1, ''],
      [701, 1, ''],
    ];
    for (const [oid, format, cell] of bad)
      for (const types of Object.values(modes)) {
        if (types.mode === 'lossless' && (oid === 1184 || oid === 1082)) continue;
        const writer = new ColumnBatchWriter([field('a', oid, format)], types);
        expect(() => writer.add(dataRow([cell]), 0, 1)).toThrow(WireError);
      }
  });
});
