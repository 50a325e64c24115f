// One suite against every place a connection may stand: in this thread, in one worker, in two.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseError, isUniqueViolation, QueryExecutor, sql, type Database } from '@hydrogen/database';
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

describe.each([0, 1, 2])('with Workers: %i', (Workers) => {
  let open: OpenModule;
  let db: Database;

  beforeAll(async () => {
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 4 } });
    db = open.db;
    await superQuery(`grant pg_monitor to ${open.target.user}`);
    await db.query(
      'create table item (id int primary key, name text not null unique, price numeric check (price >= 0))',
    );
    await db.query("insert into item select n, 'item ' || n, n * 1.5 from generate_series(1, 100) n");
  });
  afterAll(() => open.close());

  /** Process ids of the server's sessions for this database. */
  async function sessions(): Promise<unknown[]> {
    const rows = await superQuery(`select pid from pg_stat_activity where usename = '${open.target.user}'`);
    return rows.map(({ pid }) => pid);
  }

  describe('results', () => {
    it('gives rows as plain objects, with count, command, fields and timings', async () => {
      const result = await db.query<{ id: number }>('select id, name from item where id <= $1 order by id', [2]);
      expect(result.rows).toEqual([
        { id: 1, name: 'item 1' },
        { id: 2, name: 'item 2' },
      ]);
      expect(Object.getPrototypeOf(result.rows[0])).toBe(Object.prototype);
      expect({ ...result.rows[0] }).toEqual({ id: 1, name: 'item 1' });
      expect(result.rowCount).toBe(2);
      expect(result.command).toBe('SELECT');
      expect(result.fields.map(({ name, typeOid }) => [name, typeOid])).toEqual([
        ['id', 23],
        ['name', 25],
      ]);
      expect(result.timings.totalMs).toBeGreaterThan(0);
    });

    it('takes positional values, named values and the sql tag', async () => {
      expect(await db.one('select $1::int + $2::int as sum', [1, 2])).toEqual({ sum: 3 });
      expect(await db.one("select :a::int as a, ':a' as text, (array[1,2,3])[1:2] as slice", { a: 7 })).toEqual({
        a: 7,
        text: ':a',
        slice: [1, 2],
      });
      const condition = sql`id = any(${[3, 5]})`;
      expect(await db.many(sql`select name from ${sql.identifier('item')} where ${condition} order by id`)).toEqual([
        { name: 'item 3' },
        { name: 'item 5' },
      ]);
    });

    it('one, maybeOne, many and exists keep their promises', async () => {
      expect(await db.one('select id from item where id = 1')).toEqual({ id: 1 });
      expect(await db.maybeOne('select id from item where id = -1')).toBeUndefined();
      expect(await db.many('select id from item where id < 0')).toEqual([]);
      expect(await db.exists('select 1 from item where id = $1; ', [1])).toBe(true);
      expect(await db.exists('select 1 from item where id = $1 -- a comment', [-1])).toBe(false);
      expect((await failure(db.one('select 1 from item where id < 0'))).code).toBe('DB_NOT_FOUND');
      expect((await failure(db.maybeOne('select 1 from item'))).code).toBe('DB_TOO_MANY_ROWS');
    });

    it('gives the values node-postgres gives, prototypes included', async () => {
      const row = await db.one(
        `select 1::int2 a, 2::int4 b, 9007199254740993::int8 c, 1.5::float8 d, 1.10::numeric e, true f, 'é😀' g,
                '\\x00ff'::bytea h, '2020-02-29'::date i, '2020-02-29 12:00:00.123+00'::timestamptz j, '{"a":[1,null]}'::jsonb k,
                array[1,null,3] l, array['x',null,'NULL'] m, null::text n, '1 day 02:00'::interval o, '10.0.0.1'::inet p`,
      );
      expect(row).toEqual({
        a: 1,
        b: 2,
        c: '9007199254740993',
        d: 1.5,
        e: '1.10',
        f: true,
        g: 'é😀',
        h: Buffer.from([0, 255]),
        i: new Date(2020, 1, 29),
        j: new Date('2020-02-29T12:00:00.123Z'),
        k: { a: [1, null] },
        l: [1, null, 3],
        m: ['x', null, 'NULL'],
        n: null,
        o: expect.objectContaining({ days: 1, hours: 2 }),
        p: '10.0.0.1',
      });
      expect(Buffer.isBuffer(row.h)).toBe(true);
      expect(row.j).toBeInstanceOf(Date);
      expect(typeof (row.o as { toPostgres?: unknown }).toPostgres).toBe('function');
    });

    it('round-trips what it sends', async () => {
      const date = new Date('2024-03-10T02:30:00.123Z');
      const row = await db.one(
        'select $1::text a, $2::int8 b, $3::bytea c, $4::timestamptz d, $5::text[] e, $6::jsonb f, $7::bool g, $8::text h',
        [
          'it\'s "ok" \\ ',
          2n ** 60n,
          Uint8Array.of(1, 0, 255),
          date,
          ['a"b', null, '\\'],
          { x: [1, { y: null }] },
          false,
          null,
        ],
      );
      expect(row).toEqual({
        a: 'it\'s "ok" \\ ',
        b: String(2n ** 60n),
        c: Buffer.from([1, 0, 255]),
        d: date,
        e: ['a"b', null, '\\'],
        f: { x: [1, { y: null }] },
        g: false,
        h: null,
      });
    });

    it('survives columns named like properties of objects, twice and not at all', async () => {
      const { rows } = await db.query(
        'select 1 as "__proto__", 2 as "constructor", 3 as "toString", 4 as x, 5 as x, 6 as " "',
      );
      expect(Object.keys(rows[0] as object).sort()).toEqual([' ', '__proto__', 'constructor', 'toString', 'x']);
      expect(Object.getOwnPropertyDescriptor(rows[0], '__proto__')?.value).toBe(1);
      expect(rows[0]?.x).toBe(5);
      expect(({} as Record<string, unknown>).x).toBeUndefined();
      expect((await db.query('select from item limit 2')).rows).toEqual([{}, {}]);
    });

    it('handles empty statements, commands, and results of many chunks in order', async () => {
      expect(await db.query('')).toMatchObject({ rows: [], rowCount: null, command: '' });
      expect(await db.query('create temp table t (a int)')).toMatchObject({ command: 'CREATE TABLE', rowCount: null });
      expect(await db.query('update item set price = price where id <= 3')).toMatchObject({
        command: 'UPDATE',
        rowCount: 3,
      });
      const { rows } = await db.query<{ n: number; pad: string }>(
        "select n, repeat('x', 100) pad from generate_series(1, 50000) n order by n",
      );
      expect(rows.length).toBe(50_000);
      expect(rows.every((row, index) => row.n === index + 1 && row.pad.length === 100)).toBe(true);
    });

    it('refuses a result beyond the limit and keeps the connection', async () => {
      await db.query('select 1');
      const before = await sessions();
      const error = await failure(db.query('select * from generate_series(1, 1000000)', [], { maxRows: 10 }));
      expect(error.code).toBe('DB_RESULT_TOO_LARGE');
      expect(await db.many('select 1 from generate_series(1, 10)', [], { maxRows: 10 })).toHaveLength(10);
      expect(await sessions()).toEqual(expect.arrayContaining(before));
    });
  });

  describe('errors', () => {
    it.each([
      ["insert into item values (1, 'item 1', 1)", 'DB_UNIQUE', '23505'],
      ['insert into item values (1000, null, 1)', 'DB_NOT_NULL', '23502'],
      ["insert into item values (1000, 'x', -1)", 'DB_CHECK', '23514'],
      ['select * from missing', 'DB_SYNTAX', '42P01'],
      ['selekt', 'DB_SYNTAX', '42601'],
      ["select 'x'::int", 'DB_DATA', '22P02'],
      ['select 1; select 2', 'DB_SYNTAX', '42601'],
      ["do $$ begin raise exception 'mine'; end $$", 'DB_QUERY', 'P0001'],
      ['copy item to stdout', 'DB_QUERY', undefined],
      ['copy item from stdin', 'DB_QUERY', undefined],
    ])('%s is %s', async (text, code, sqlState) => {
      const error = await failure(db.query(text));
      expect({ code: error.code, sqlState: error.sqlState, database: error.database }).toEqual({
        code,
        sqlState,
        database: 'Main',
      });
      expect(error.inDoubt).toBe(false);
    });

    it('names the constraint, shows the caller in the stack and no value anywhere', async () => {
      async function theService(): Promise<void> {
        await db.query('insert into item values ($1, $2, 1)', [555, 'item 1']);
      }
      const error = await failure(theService());
      expect(isUniqueViolation(error, 'item_name_key')).toBe(true);
      expect(isUniqueViolation(error, 'other')).toBe(false);
      expect(error.stack).toContain('theService');
      expect(error.detail).toContain('item 1');
      const { inspect } = await import('node:util');
      for (const text of [
        inspect(error, { showHidden: true, depth: 9 }),
        JSON.stringify(error),
        String(error),
        error.stack,
      ]) {
        expect(text).not.toContain('item 1)');
      }
    });

    it('does not quote the value that the server could not read', async () => {
      const error = await failure(db.query('select $1::int', ['canary-4711']));
      const { inspect } = await import('node:util');
      expect(error.code).toBe('DB_DATA');
      expect(inspect(error, { showHidden: true, depth: 9 }) + JSON.stringify(error) + error.stack).not.toContain(
        'canary',
      );
    });

    it('costs no connection', async () => {
      const before = await sessions();
      for (let n = 0; n < 20; n++) await failure(db.query('select broken'));
      expect(await sessions()).toEqual(expect.arrayContaining(before));
    });

    it('names a parameter that is missing, surplus or cannot be sent, before anything is sent', async () => {
      expect((await failure(db.query('select $1, $2', [1]))).message).toContain('$2 is missing');
      expect((await failure(db.query('select $1', [1, 2]))).message).toContain('$2 is surplus');
      expect((await failure(db.query('select :a', { b: 1 }))).message).toContain(':a is missing');
      expect((await failure(db.query('select $1', [undefined]))).message).toContain('$1 is undefined');
      expect((await failure(db.query('select $1', [() => 1]))).message).toContain('$1 is a function');
      const circle: Record<string, unknown> = {};
      circle.self = circle;
      expect((await failure(db.query('select $1', [circle]))).code).toBe('DB_PARAMETERS');
    });
  });

  describe('deadlines and signals', () => {
    const running = async (marker: string): Promise<number> =>
      Number(
        (
          await superQuery(
            `select count(*) n from pg_stat_activity where state = 'active' and query like '%${marker}%' and pid <> pg_backend_pid()`,
          )
        )[0]?.n,
      );

    it('rejects at timeoutMs, stops the statement at the server, and the next borrower is clean', async () => {
      const startedAt = performance.now();
      const error = await failure(db.query('select pg_sleep(10), 1 as deadline_marker', [], { timeoutMs: 200 }));
      const elapsed = performance.now() - startedAt;
      expect(error.code).toBe('DB_DEADLINE');
      expect(error.step).toBe('execute');
      expect(elapsed).toBeGreaterThan(150);
      expect(elapsed).toBeLessThan(250);
      await expectWithin(1000, async () => (await running('deadline_marker')) === 0);
      expect(await db.one("select current_setting('search_path') path, 42 as n")).toMatchObject({ n: 42 });
    });

    it('does the same for an aborted signal', async () => {
      const controller = new AbortController();
      const reason = new Error('client left');
      setTimeout(() => controller.abort(reason), 100);
      const error = await failure(
        db.query('select pg_sleep(10), 1 as signal_marker', [], { signal: controller.signal }),
      );
      expect(error.code).toBe('DB_CANCELLED');
      expect(error.cause).toBe(reason);
      await expectWithin(1000, async () => (await running('signal_marker')) === 0);
      expect(await db.one('select 1 as n')).toEqual({ n: 1 });
    });

    it('refuses a signal that is aborted already, without a query', async () => {
      expect((await failure(db.query('select 1', [], { signal: AbortSignal.abort() }))).code).toBe('DB_CANCELLED');
    });

    it('keeps the connection when the cancelled statement ended in time', async () => {
      await db.using(async (lease) => {
        const { pid } = await lease.one('select pg_backend_pid() pid');
        await failure(lease.query('select pg_sleep(10)', [], { timeoutMs: 50 }));
        expect(await lease.one('select pg_backend_pid() pid')).toEqual({ pid });
      });
    });

    it('QueryExecutor takes an epoch deadline and a name', async () => {
      const executor = open.module.get(QueryExecutor);
      const { rows } = await executor.execute({ database: 'Main', sql: 'select $1::int n', params: [1] });
      expect(rows).toEqual([{ n: 1 }]);
      const late = executor.execute({ database: 'Main', sql: 'select pg_sleep(5)', deadline: Date.now() + 100 });
      expect((await failure(late)).code).toBe('DB_DEADLINE');
      expect((await failure(executor.execute({ database: 'Mian', sql: 'select 1' }))).message).toContain(
        "did you mean 'Main'",
      );
      expect(executor.stats().workers).toHaveLength(Workers);
    });
  });

  describe('leases', () => {
    it.each([
      ['search_path', 'set search_path to pg_catalog', "select current_setting('search_path') = 'pg_catalog' as seen"],
      ['a role', 'set role pg_monitor', "select current_user = 'pg_monitor' as seen"],
      [
        'session characteristics',
        'set session characteristics as transaction read only',
        "select current_setting('transaction_read_only') = 'on' as seen",
      ],
      ['a temporary table', 'create temp table leak (a int)', "select to_regclass('pg_temp.leak') is not null as seen"],
      ['LISTEN', 'listen leak', 'select count(*) > 0 as seen from pg_listening_channels()'],
      [
        'an advisory lock',
        'select pg_advisory_lock(4711)',
        "select count(*) > 0 as seen from pg_locks where locktype = 'advisory' and objid = 4711",
      ],
      [
        'PREPARE',
        'prepare leak as select 1',
        "select count(*) > 0 as seen from pg_prepared_statements where name = 'leak'",
      ],
      [
        'a held cursor',
        'declare leak cursor with hold for select 1',
        "select count(*) > 0 as seen from pg_cursors where name = 'leak'",
      ],
      [
        'set_config',
        "select set_config('app.leak', 'x', false)",
        "select coalesce(current_setting('app.leak', true), '') <> '' as seen",
      ],
      ['an open transaction', 'begin; select txid_current()', 'select txid_current_if_assigned() is not null as seen'],
    ])('%s is not seen by the next borrower', async (_what, text, seen) => {
      let pid: unknown;
      await db.using(async (lease) => {
        pid = (await lease.one('select pg_backend_pid() pid')).pid;
        for (const statement of text.split('; ')) await lease.query(statement);
      });
      await expectWithin(2000, () => db.pool.stats().resetting === 0);
      const all = await Promise.all(
        Array.from({ length: 4 }, () =>
          db.using(async (lease) => ({
            pid: (await lease.one('select pg_backend_pid() pid')).pid,
            seen: (await lease.one<{ seen: boolean }>(seen)).seen,
          })),
        ),
      );
      expect(all.filter((each) => each.seen)).toEqual([]);
      expect(pid).toBeGreaterThan(0);
    });

    it('ends once: a second release is harmless, use after it is DB_RELEASED, await using gives back', async () => {
      const lease = await db.acquire();
      await lease.release();
      await lease.release();
      expect((await failure(lease.query('select 1'))).code).toBe('DB_RELEASED');
      {
        await using held = await db.acquire();
        expect(await held.one('select 1 as n')).toEqual({ n: 1 });
      }
      await expectWithin(1000, () => db.pool.stats().leased === 0);
    });
  });

  describe('transactions', () => {
    it('commits what returned and rolls back what threw', async () => {
      await db.transaction(async (tx) => tx.query("insert into item values (201, 'item 201', 1)"));
      expect(await db.exists('select 1 from item where id = 201')).toBe(true);
      const mine = new Error('mine');
      await expect(
        db.transaction(async (tx) => {
          await tx.query("insert into item values (202, 'item 202', 1)");
          throw mine;
        }),
      ).rejects.toBe(mine);
      expect(await db.exists('select 1 from item where id = 202')).toBe(false);
    });

    it('nests by savepoints', async () => {
      await db.transaction(async (tx) => {
        await tx.query("insert into item values (210, 'item 210', 1)");
        const inner = await failure(
          tx.transaction(async (sp) => {
            await sp.query("insert into item values (211, 'item 211', 1)");
            await sp.transaction(async (deeper) => deeper.query("insert into item values (1, 'twice', 1)"));
          }),
        );
        expect(inner.code).toBe('DB_UNIQUE');
        await tx.transaction(async (sp) => sp.query("insert into item values (212, 'item 212', 1)"));
      });
      expect(await db.many('select id from item where id between 210 and 219 order by id')).toEqual([
        { id: 210 },
        { id: 212 },
      ]);
    });

    it('says so when COMMIT was answered by ROLLBACK', async () => {
      const error = await failure(
        db.transaction(async (tx) => {
          await tx.query('select broken').catch(() => {});
        }),
      );
      expect(error.code).toBe('DB_TX_ROLLED_BACK');
    });

    it('runs in order, with the options asked for, and refuses use after the end', async () => {
      let late!: { query(text: string): Promise<unknown> };
      const seen = await db.transaction(
        async (tx) => {
          late = tx;
          const answers = await Promise.all([1, 2, 3].map((n) => tx.one<{ n: number }>('select $1::int n', [n])));
          const { mode } = await tx.one(
            "select current_setting('transaction_isolation') || current_setting('transaction_read_only') as mode",
          );
          return { answers, mode };
        },
        { isolation: 'serializable', readOnly: true, deferrable: true },
      );
      expect(seen).toEqual({ answers: [{ n: 1 }, { n: 2 }, { n: 3 }], mode: 'serializableon' });
      expect((await failure(late.query('select 1'))).code).toBe('DB_TX_CLOSED');
      expect((await failure(db.transaction(async () => {}, { isolation: 'chaos' as never }))).code).toBe(
        'DB_PARAMETERS',
      );
    });

    it('ends at its deadline, whatever it waits for, and leaves no transaction open', async () => {
      const sleeping = failure(db.transaction(async (tx) => tx.query('select pg_sleep(10)'), { timeoutMs: 150 }));
      expect((await sleeping).code).toBe('DB_DEADLINE');
      const idle = failure(
        db.transaction(
          async (tx) => {
            await tx.query('update item set price = 2 where id = 5');
            await new Promise((resolve) => setTimeout(resolve, 400));
            await tx.query('select 1');
          },
          { timeoutMs: 150 },
        ),
      );
      expect((await idle).code).toBe('DB_DEADLINE');
      await expectWithin(1000, async () => {
        const left = await superQuery(
          "select 1 from pg_stat_activity where state like 'idle in transaction%' and datname like 'test_%'",
        );
        return left.length === 0;
      });
      expect((await db.one('select price from item where id = 5')).price).toBe('7.5');
    });
  });

  it('never has more sessions than MaxConnections, whatever is asked of it', async () => {
    let most = 0;
    const work = Promise.all(Array.from({ length: 60 }, (_, n) => db.query('select pg_sleep(0.02), $1::int', [n])));
    const watch = (async () => {
      for (let n = 0; n < 10; n++) {
        const [row] = await superQuery(
          `select count(*)::int n from pg_stat_activity where datname = '${open.target.database}' and usename = '${open.target.user}'`,
        );
        most = Math.max(most, Number(row?.n));
      }
    })();
    await Promise.all([work, watch]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('opens no more than it needs for a thousand calls in a row', async () => {
    const pids = new Set<unknown>();
    for (let n = 0; n < 1000; n++) pids.add((await db.one('select pg_backend_pid() pid')).pid);
    // The first sight of a statement is on a connection of its own, the others share one.
    expect(pids.size).toBeLessThanOrEqual(2);
  });
});

/** Asks until it holds; what it waits for is another process's move, so there is no clock to hold. */
async function expectWithin(ms: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`did not hold within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
