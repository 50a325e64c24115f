// The forms of a result against a real server, wherever its connections stand: equal to query(), with back-pressure, and
// with the connection back on every path.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseError, QueryExecutor, type BytesResult, type Database } from '@hydrogen/database';
import { eventually } from '../support/eventually.js';
import { openModule, type OpenModule } from '../support/module.js';
import { superQuery } from '../support/server.js';

const failure = (promise: Promise<unknown>): Promise<DatabaseError> =>
  promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(DatabaseError);
      return error as DatabaseError;
    },
  );

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const value of values) read.push(value);
  return read;
}

async function text(bytes: BytesResult): Promise<string> {
  return Buffer.concat(await all(bytes.chunks)).toString();
}

/** Every kind of value, some rows, some NULLs. */
const KINDS = `select n, n::int8 big, n / 7.0::float8 f, (n * 1.10)::numeric num, n % 2 = 0 b, 'é😀 ' || n t,
  case when n % 3 = 0 then null else n end maybe, timestamptz '2024-02-29 12:00:00.123+00' + n * interval '1 hour' ts,
  date '2020-02-29' + n d, decode(to_hex(n % 200 + 16), 'hex') bytes, jsonb_build_object('n', n, 'a', array[1, null]) j,
  array[n, null] ints, array['x', null, n::text] texts, interval '1 day' * n i, gen.n::text::bpchar c
  from generate_series(1, $1::int) gen(n) order by n`;

/** About 1 KB a row, without end in sight. */
const ENDLESS = "select n, repeat('x', 1000) pad from (select generate_series(1, 10000000) n) g";

describe.each([0, 1])('with Workers: %i', (Workers) => {
  let open: OpenModule;
  let db: Database;

  beforeAll(async () => {
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 3 } });
    db = open.db;
  });
  afterAll(() => open.close());

  /** Connections in shared use are nobody's. */
  const leased = (): number => db.pool.stats().leased - db.pool.stats().standing;
  const free = (): Promise<number> => eventually(1_000, () => leased() === 0);
  /** What the backend that runs a statement with `marker` in it is doing. */
  const activity = async (marker: string): Promise<Record<string, unknown> | undefined> =>
    (
      await superQuery(
        `select state, wait_event from pg_stat_activity where query like '%${marker}%' and state <> 'idle' and pid <> pg_backend_pid()`,
      )
    )[0];

  describe('columns', () => {
    it.each([0, 1, 2000])('are the rows of query(), per column: %i rows', async (count) => {
      const { rows } = await db.query(KINDS, [count]);
      const { columns, rowCount, fields } = await db.columns(KINDS, [count]);
      expect(rowCount).toBe(count);
      expect(columns.map(({ name }) => name)).toEqual(fields.map(({ name }) => name));
      for (const { name, values, nulls } of columns) {
        expect(values).toHaveLength(count);
        const read = Array.from(values, (value, row) => (nulls?.[row] ? null : name === 'b' ? value === 1 : value));
        expect(read).toEqual(rows.map((row) => row[name]));
      }
    });

    it.each([0, 3, 100_000])('are typed arrays where the type has one: %i rows', async (count) => {
      const { columns } = await db.columns(
        "select n, n::float8 f, n > 1 b, nullif(n, 2) maybe, 'x' t from generate_series(1, $1::int) n",
        [count],
      );
      const [n, f, b, maybe, t] = columns;
      expect([n, f, b].map((column) => column?.values.constructor)).toEqual([Int32Array, Float64Array, Uint8Array]);
      expect([n, f, b].map((column) => column?.nulls)).toEqual([undefined, undefined, undefined]);
      expect(Array.isArray(t?.values)).toBe(true);
      if (count === 0) return;
      expect([maybe?.nulls?.length, maybe?.nulls?.[1], maybe?.values[1]]).toEqual([count, 1, 0]);
      expect(n?.values[count - 1]).toBe(count);
    });

    it('keep columns of one name, and know commands without rows', async () => {
      const { columns } = await db.columns('select 1 a, 2 a, 3 "__proto__", 4 " "');
      expect(columns.map(({ name, values }) => [name, values[0]])).toEqual([
        ['a', 1],
        ['a', 2],
        ['__proto__', 3],
        [' ', 4],
      ]);
      expect(await db.columns('create temp table nothing ()')).toMatchObject({ columns: [], rowCount: 0 });
    });

    it('have the limits of query()', async () => {
      const error = await failure(db.columns(ENDLESS, [], { maxRows: 10 }));
      expect(error.code).toBe('DB_RESULT_TOO_LARGE');
      await free();
    });
  });

  describe('json and ndjson', () => {
    it.each([0, 1, 3000])('parse to what JSON makes of the rows: %i', async (count) => {
      const { rows } = await db.query(KINDS, [count]);
      const expected: unknown = JSON.parse(JSON.stringify(rows));
      const json = await db.json(KINDS, [count]);
      expect(JSON.parse(await text(json))).toEqual(expected);
      expect(await json.rowCount).toBe(count);
      const lines = await text(await db.ndjson(KINDS, [count]));
      expect(
        lines === ''
          ? []
          : lines
              .trimEnd()
              .split('\n')
              .map((line) => JSON.parse(line) as unknown),
      ).toEqual(expected);
    });

    it('are JSON for a command without rows too', async () => {
      expect(await text(await db.json('create temp table nothing ()'))).toBe('[]');
      expect(await text(await db.ndjson('create temp table nothing ()'))).toBe('');
    });

    it('reject with what the server says before the first byte', async () => {
      expect((await failure(db.json('select broken'))).code).toBe('DB_SYNTAX');
      expect((await failure(db.json('select $1', []))).code).toBe('DB_PARAMETERS');
      await free();
    });

    it('end the reading with an error that comes later', async () => {
      const json = await db.json("select 1 / (100000 - n) q, repeat('x', 100) from generate_series(1, 200000) n");
      const error = await failure(text(json));
      expect(error.code).toBe('DB_DATA');
      expect((await failure(json.rowCount)).code).toBe('DB_DATA');
      await free();
    });

    it('are read once', async () => {
      const json = await db.json('select 1');
      await text(json);
      await expect(text(json)).rejects.toMatchObject({ code: 'DB_RELEASED' });
    });
  });

  describe('stream', () => {
    it.each([0, 1, 3000])('gives the rows of query(): %i', async (count) => {
      const { rows } = await db.query(KINDS, [count]);
      expect(await all(db.stream(KINDS, [count]))).toEqual(rows);
      await free();
    });

    it('gives plain objects: for toEqual, spread, JSON and structuredClone', async () => {
      const [row] = await all(db.stream('select 1 as "__proto__", 2 as "constructor", 3 as x, 4 as x, 5 as " "'));
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
      expect(Object.keys(row as object).sort()).toEqual([' ', '__proto__', 'constructor', 'x']);
      expect(Object.getOwnPropertyDescriptor(row, '__proto__')?.value).toBe(1);
      const [plain] = await all(db.stream("select 1 a, null b, 'x' c"));
      expect([{ ...plain }, structuredClone(plain), JSON.parse(JSON.stringify(plain))]).toEqual(
        Array(3).fill({ a: 1, b: null, c: 'x' }),
      );
    });

    it('sends nothing before the first step, and says there what is wrong', async () => {
      const stream = db.stream('select $1::int', ['no number']);
      expect(leased()).toBe(0);
      expect((await failure(stream.next())).code).toBe('DB_DATA');
      expect(await stream.next()).toEqual({ value: undefined, done: true });
    });
  });

  describe.each([
    ['stream', async () => db.stream(`${ENDLESS} /* marker_rows */`), 'marker_rows'],
    ['json', async () => (await db.json(`${ENDLESS} /* marker_json */`)).chunks, 'marker_json'],
    ['ndjson', async () => (await db.ndjson(`${ENDLESS} /* marker_lines */`)).chunks, 'marker_lines'],
  ] as const)('a reader of %s', (_form, start, marker) => {
    it('who stops reading stops the server, and frees the connection by leaving', async () => {
      const values = (await start())[Symbol.asyncIterator]();
      await values.next();
      await eventually(2_000, async () => (await activity(marker))?.['wait_event'] === 'ClientWrite');
      await values.next();
      await values.return?.();
      expect(await values.next()).toEqual({ value: undefined, done: true });
      await eventually(1_000, async () => (await activity(marker)) === undefined);
      await free();
      expect(await db.one('select 1 n')).toEqual({ n: 1 });
    });

    it('leaves by break', async () => {
      for await (const _ of await start()) break;
      await eventually(1_000, async () => (await activity(marker)) === undefined);
      await free();
    });
  });

  it('QueryExecutor gives every form', async () => {
    const executor = open.module.get(QueryExecutor);
    const request = { database: 'Main', sql: 'select $1::int n', params: [1] };
    expect((await executor.execute({ ...request, as: 'rows' })).rows).toEqual([{ n: 1 }]);
    expect((await executor.execute({ ...request, as: 'columns' })).columns[0]?.values).toEqual(Int32Array.of(1));
    expect(await text(await executor.execute({ ...request, as: 'json' }))).toBe('[{"n":1}]');
    expect(await text(await executor.execute({ ...request, as: 'ndjson' }))).toBe('{"n":1}\n');
    const late = executor.execute({ ...request, sql: 'select pg_sleep(9), $1', as: 'json', deadline: Date.now() + 50 });
    expect((await failure(late)).code).toBe('DB_DEADLINE');
    expect((await failure(executor.execute({ ...request, database: 'Mian', as: 'json' }))).code).toBe('DB_UNKNOWN');
  });
});
