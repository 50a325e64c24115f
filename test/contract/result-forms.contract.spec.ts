// The forms of a result against a real server, wherever its connections stand: equal to query(), with back-pressure, and
// with the connection back on every path.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseError, QueryExecutor, sql, type BytesResult, type Database } from '@hydrogen/database';
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

  describe('inside a transaction', () => {
    it('a stream that is left early fails nothing, and a JSON neither', async () => {
      const seen = await db.transaction(async (tx) => {
        await tx.query('create temp table kept (a int) on commit drop');
        for await (const _ of tx.stream(ENDLESS)) break;
        for await (const _ of await tx.ndjson(ENDLESS)) break;
        await tx.query('insert into kept values (1)');
        return tx.many('select a from kept');
      });
      expect(seen).toEqual([{ a: 1 }]);
    });

    it('a stream comes whole, and others wait for their turn', async () => {
      await db.transaction(async (tx) => {
        const rows = all(tx.stream('select n from generate_series(1, 20000) n order by n'));
        const behind = tx.one('select 1 after');
        expect((await rows).map(({ n }) => n)).toEqual(Array.from({ length: 20_000 }, (_, n) => n + 1));
        expect(await behind).toEqual({ after: 1 });
        expect(JSON.parse(await text(await tx.json('select n from generate_series(1, 5000) n')))).toHaveLength(5_000);
      });
    });

    it('what is still being read at its end is cut off, and the transaction commits', async () => {
      await db.query('create table if not exists survivor (a int)');
      const { stream } = await db.transaction(async (tx) => {
        await tx.query('insert into survivor values (1)');
        const unread = tx.stream(ENDLESS);
        await unread.next();
        return { stream: unread };
      });
      const error = await failure(all(stream));
      expect(error.code).toBe('DB_TX_CLOSED');
      expect(await db.exists('select 1 from survivor')).toBe(true);
      await free();
    });
  });

  it('a lease that is given back ends what is still being read', async () => {
    const stream = await db.using(async (lease) => {
      const json = await lease.json(ENDLESS);
      return json;
    });
    expect((await failure(text(stream))).code).toBe('DB_RELEASED');
    await free();
  });

  describe('cursor', () => {
    it.each([0, 1, 1000, 2500])('gives the rows of query() in portions: %i', async (count) => {
      const numbers = 'select n, n::text t from generate_series(1, $1::int) n order by n';
      const { rows } = await db.query(numbers, [count]);
      const portions = await all(db.cursor(numbers, [count], { fetchRows: 1000 }));
      expect(portions.flat()).toEqual(rows);
      expect(portions.map(({ length }) => length)).toEqual(
        [1000, 1000, 1000].map((_, n) => Math.max(0, Math.min(1000, count - n * 1000))).filter((n) => n > 0),
      );
      await free();
    });

    it('is left by await using, also between two portions, and is one more statement of a transaction', async () => {
      {
        await using cursor = db.cursor(ENDLESS, [], { fetchRows: 5 });
        expect((await cursor.next()).value).toHaveLength(5);
        expect((await cursor.next()).value).toHaveLength(5);
      }
      await free();
      const left = await db.transaction(async (tx) => {
        for await (const portion of tx.cursor(ENDLESS, [], { fetchRows: 3 })) if (portion[0]?.['n'] === 7) break;
        return tx.one('select 1 n');
      });
      expect(left).toEqual({ n: 1 });
    });

    it('refuses portions of nothing', async () => {
      for (const fetchRows of [0, -1, 1.5, Number.NaN]) {
        expect((await failure(db.cursor('select 1', [], { fetchRows }).next())).code).toBe('DB_PARAMETERS');
      }
    });
  });

  describe('batch', () => {
    beforeAll(() => db.query('create table if not exists part (id int primary key, t text)'));

    it('answers each statement, in one transaction', async () => {
      const results = await db.batch([
        "insert into part values (1, 'a')",
        ['insert into part values ($1, $2) returning id', [2, 'b']],
        ['select t from part where id = :id', { id: 2 }],
        sql`select txid_current() = txid_current() as one, ${3}::int as n`,
        'select n from generate_series(1, 3000) n',
      ]);
      expect(results.map(({ command, rowCount }) => [command, rowCount])).toEqual([
        ['INSERT', 1],
        ['INSERT', 1],
        ['SELECT', 1],
        ['SELECT', 1],
        ['SELECT', 3000],
      ]);
      expect([results[1]?.rows, results[2]?.rows, results[3]?.rows]).toEqual([
        [{ id: 2 }],
        [{ t: 'b' }],
        [{ one: true, n: 3 }],
      ]);
      expect(results[4]?.rows.at(-1)).toEqual({ n: 3000 });
      expect(await db.batch([])).toEqual([]);
    });

    it('does all or nothing, and names the one that failed', async () => {
      const error = await failure(
        db.batch(["insert into part values (10, 'x')", "insert into part values (1, 'again')", 'select 1']),
      );
      expect(error).toMatchObject({ code: 'DB_UNIQUE', statement: 1, constraint: 'part_pkey', database: 'Main' });
      expect(error.message).toContain('statement 2 of 3');
      expect(await db.exists('select 1 from part where id = 10')).toBe(false);
      expect(await failure(db.batch(['select 1', ['select $1', []]]))).toMatchObject({
        code: 'DB_PARAMETERS',
        statement: 1,
      });
      expect((await failure(db.batch(['select 1', 'selekt']))).statement).toBe(1);
      await free();
    });

    it('is a part of a transaction, and of a lease', async () => {
      const undone = new Error('mine');
      await expect(
        db.transaction(async (tx) => {
          await tx.batch(["insert into part values (20, 'x')", 'select 1']);
          throw undone;
        }),
      ).rejects.toBe(undone);
      expect(await db.exists('select 1 from part where id = 20')).toBe(false);
      await db.transaction(async (tx) => {
        await tx.batch(["insert into part values (21, 'x')", 'select 1']);
      });
      const [, set] = await db.using((lease) => lease.batch(['select 1', 'select t from part where id = 21']));
      expect(set?.rows).toEqual([{ t: 'x' }]);
    });

    it('ends at its deadline', async () => {
      const error = await failure(db.batch(['select 1', 'select pg_sleep(9)', 'select 2'], { timeoutMs: 100 }));
      expect(error.code).toBe('DB_DEADLINE');
      await free();
    });
  });

  describe('COPY', () => {
    const HOSTILE = ['', '\\', '\\.', '\\N', '"', "'", ',', 'a\tb', 'a\nb', 'a\r\nb', 'é😀', '{"a":1}', ' x '];
    const csv = (value: string): string => `"${value.replaceAll('"', '""')}"`;

    it('takes 100,000 rows of hostile text in and out again', async () => {
      await db.query('create table hostile (id int, t text)');
      const { rowCount } = await db.copyFrom(
        'copy hostile from stdin with (format csv)',
        (async function* () {
          for (let n = 0; n < 100_000; n++) yield `${n},${csv(HOSTILE[n % HOSTILE.length] as string)}\n`;
        })(),
      );
      expect(rowCount).toBe(100_000);
      const rows = await db.many<{ id: number; t: string }>('select id, t from hostile order by id');
      expect(rows.every(({ id, t }, n) => id === n && t === HOSTILE[n % HOSTILE.length])).toBe(true);
      await db.query('create table again (id int, t text)');
      const out = await db.copyTo('copy (select * from hostile order by id) to stdout');
      expect((await db.copyFrom('copy again from stdin', out.toReadable())).rowCount).toBe(100_000);
      expect(await out.rowCount).toBe(100_000);
      const { n } = await db.one('select count(*)::int n from hostile h join again a on h.id = a.id and h.t = a.t');
      expect(n).toBe(100_000);
      await free();
    }, 60_000);

    it('is undone by an error of its source, which is passed on as it is, and the source is closed', async () => {
      await db.query('create table if not exists undone (a int)');
      const mine = new Error('mine');
      let closed = false;
      const source = (async function* () {
        try {
          for (let n = 0; ; n++) {
            if (n === 10_000) throw mine;
            yield `${n}\n`;
          }
        } finally {
          closed = true;
        }
      })();
      await expect(db.copyFrom('copy undone from stdin', source)).rejects.toBe(mine);
      const broken = new Readable({ read() {} });
      const copying = db.copyFrom('copy undone from stdin', broken);
      broken.push('1\n');
      broken.destroy(mine);
      await expect(copying).rejects.toBe(mine);
      expect([closed, await db.exists('select 1 from undone')]).toEqual([true, false]);
      await free();
    });

    it('closes its source when the server refuses or the time is over', async () => {
      await db.query('create table if not exists undone (a int)');
      const wrong = Readable.from(['1\n', 'no number\n', '3\n']);
      expect((await failure(db.copyFrom('copy undone from stdin', wrong))).code).toBe('DB_DATA');
      const silent = new Readable({ read() {} });
      expect((await failure(db.copyFrom('copy undone from stdin', silent, { timeoutMs: 100 }))).code).toBe(
        'DB_DEADLINE',
      );
      const unused = new Readable({ read() {} });
      expect((await failure(db.copyFrom('copy missing from stdin', unused))).code).toBe('DB_SYNTAX');
      expect([wrong.destroyed, silent.destroyed, unused.destroyed]).toEqual([true, true, true]);
      expect(await db.exists('select 1 from undone')).toBe(false);
      await free();
    });

    it('waits for a server that waits', async () => {
      await db.query('create table if not exists locked (t text)');
      let given = 0;
      const piece = Buffer.alloc(65_536, 120);
      piece[65_535] = 10;
      await db.using(async (lease) => {
        await lease.query('begin');
        await lease.query(
          'create or replace function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(0.6); return new; end $$',
        );
        await lease.query('drop trigger if exists wait on locked');
        await lease.query(
          'create trigger wait before insert on locked for each row when (new.t is not null) execute function wait()',
        );
        await lease.query('commit');
      });
      const copying = failure(
        db.copyFrom(
          'copy locked from stdin',
          (async function* () {
            for (; ; given++) yield piece;
          })(),
          { timeoutMs: 1_500 },
        ),
      );
      expect((await copying).code).toBe('DB_DEADLINE');
      // Sockets and windows hold a few megabytes; the rest was never made.
      expect(given * piece.length).toBeLessThan(32e6);
      await free();
    });

    it('refuses what is no COPY of its direction, before it runs', async () => {
      const source = (): Readable => Readable.from(['1\n']);
      for (const statement of [
        'create table never (a int)',
        'copy undone to stdout',
        "copy undone from '/etc/passwd'",
        "copy undone from program 'ls'",
        'copy (select 1) to stdout',
        'insert into undone values (1) -- copy x from stdin',
      ]) {
        expect((await failure(db.copyFrom(statement, source()))).code).toBe('DB_PARAMETERS');
      }
      for (const statement of ['select 1', 'copy undone from stdin', "copy undone to '/tmp/x'"]) {
        expect((await failure(db.copyTo(statement))).code).toBe('DB_PARAMETERS');
      }
      expect((await failure(db.copyFrom('copy undone from stdin', 'text' as never))).code).toBe('DB_PARAMETERS');
      const numbers = [1] as unknown as Iterable<string>;
      expect((await failure(db.copyFrom('copy undone from stdin', numbers))).code).toBe('DB_PARAMETERS');
    });

    it('goes in a transaction, and out of it', async () => {
      await db.transaction(async (tx) => {
        await tx.query('create temp table inner_copy (a int) on commit drop');
        expect(await tx.copyFrom('copy inner_copy from stdin', ['1\n2\n', '3\n'])).toEqual({ rowCount: 3 });
        expect(await text(await tx.copyTo('copy inner_copy to stdout'))).toBe('1\n2\n3\n');
      });
    });

    it('out stops the server while nobody reads', async () => {
      const out = await db.copyTo(`copy (${ENDLESS}) to stdout /* marker_copy */`);
      await eventually(2_000, async () => (await activity('marker_copy'))?.['wait_event'] === 'ClientWrite');
      await out.cancel();
      await eventually(1_000, async () => (await activity('marker_copy')) === undefined);
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
