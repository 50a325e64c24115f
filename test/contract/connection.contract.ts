// What every Connection promises, wherever its socket stands: run it with each way to open one. It is one long list on
// purpose, for a promise that one kind of connection does not keep is to be seen beside those that it keeps.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  batch,
  Call,
  run,
  settled,
  start,
  statement,
  within,
  type Connection,
  type OpenConnection,
  type Opened,
  type OpenOptions,
  type Row,
} from '../support/connection-calls.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';

/** Cancels in loaded pipelines. */
const CANCELS = Number(process.env['CONTRACT_CANCELS'] ?? 1000);

const MANY_TYPES = `select n, n::int2 i2, n::int8 * 3000000000 i8, n / 7.0::float8 f8, (n / 3.0)::float4 f4, n::numeric / 9 num, n % 2 = 0 b,
  'é' || n t, chr(65 + n % 26)::char c, ('\\x' || lpad(to_hex(n), 8, '0'))::bytea by, date '2000-01-01' + n d,
  timestamp '1999-12-31 23:59:59.123456' + n * interval '1 hour' ts, timestamptz '2000-01-01 00:00:00+00' + n * interval '1 day' tz,
  array[n, null, 3] ia, array['a', null, 'b"c'] ta, json_build_object('a', n) j, jsonb_build_array(n, null) jb, md5(n::text)::uuid u,
  n * interval '1 day 2 hours' iv, 'NaN'::float8 nan, 'infinity'::timestamptz inf, null::int nothing, n::oid o, point(n, 1) p,
  time '12:34:56' tm, inet '10.0.0.1' net, int4range(n, n + 5) r from generate_series(-3, 60) n`;

export function connectionContract(name: string, open: OpenConnection): void {
  describe(`a connection ${name}`, () => {
    let target: TestDatabase;
    let opened: Opened[];
    let c: Connection;

    const another = async (options?: OpenOptions): Promise<Connection> => {
      const one = await open(target, options);
      opened.push(one);
      return one.connection;
    };
    const pid = (): number => c.info.processId;
    const preparedOf = async (connection: Connection): Promise<string[]> =>
      (
        await run(connection, 'select statement from pg_prepared_statements order by prepare_time', [], {
          prepare: false,
        })
      ).map((row) => String(row['statement']));
    const activity = async (): Promise<Row> => {
      const [row] = await superQuery(`select state, wait_event, query from pg_stat_activity where pid = ${pid()}`);
      return row ?? {};
    };
    const noted: unknown[] = [];
    const note = (error: unknown): void => void noted.push(error);

    beforeEach(async () => {
      noted.length = 0;
      process.on('uncaughtException', note).on('unhandledRejection', note);
      target = await createTestDatabase('contract');
      opened = [];
      c = await another();
    });
    afterEach(async () => {
      await Promise.all(opened.map(({ connection }) => connection.close(within(2000))));
      for (const { connection, losses } of opened) {
        expect(losses).toHaveLength(1);
        expect(connection.inFlight).toBe(0);
      }
      await target.drop();
      process.off('uncaughtException', note).off('unhandledRejection', note);
      expect(noted).toEqual([]);
    });

    describe('in its pipeline', () => {
      it('runs 500 statements in order, and an error in the middle hits nobody else', async () => {
        await run(c, 'create table t (n int primary key)');
        const calls = Array.from({ length: 500 }, (_, n) =>
          start(c, statement('insert into t values ($1) returning n', [n === 250 ? '3' : String(n)])),
        );
        expect(c.inFlight).toBe(500);
        const outcomes = await Promise.all(
          calls.map((call) =>
            call.all().then(
              (rows) => rows[0]?.['n'],
              () => call.error?.code,
            ),
          ),
        );
        expect(outcomes).toEqual(Array.from({ length: 500 }, (_, n) => (n === 250 ? 'DB_UNIQUE' : n)));
        expect(calls.every(({ endings }) => endings === 1)).toBe(true);
        expect(c.inFlight).toBe(0);
      });

      it('tells the same statement prepared 200 times at once by one description', async () => {
        const rows = await Promise.all(Array.from({ length: 200 }, (_, n) => run(c, 'select $1::int a', [String(n)])));
        expect(rows).toEqual(Array.from({ length: 200 }, (_, n) => [{ a: n }]));
        expect(await preparedOf(c)).toEqual(['select $1::int a']);
      });

      it('carries 20,000 parameters, prepared', async () => {
        const list = Array.from({ length: 20_000 }, (_, n) => `$${n + 1}::int`).join(',');
        const values = Array.from({ length: 20_000 }, (_, n) => String(n));
        for (let time = 0; time < 2; time++) {
          expect(await run(c, `select sum(x)::int s from unnest(array[${list}]) x`, values)).toEqual([
            { s: 199_990_000 },
          ]);
        }
      });

      it('carries values and results of megabytes between small ones, prepared and not', async () => {
        const big = randomBytes(1_500_000).toString('hex');
        const calls = Array.from({ length: 40 }, (_, n) => {
          const value = n % 5 === 0 ? big : n % 7 === 0 ? 'é'.repeat(30_000) : String(n);
          return run(c, 'select $1::text v, $2::text w', [value, null], { prepare: n % 2 === 0 }).then(
            ([row]) => row?.['v'] === value && row['w'] === null,
          );
        });
        expect(await Promise.all(calls)).toEqual(Array<boolean>(40).fill(true));
      });

      it('answers a ping behind others, and alone', async () => {
        const call = start(c, 'select pg_sleep(0.05)');
        await c.ping(within(2000));
        expect(call.endings).toBe(1);
        await c.ping(within(2000));
        expect(c.inFlight).toBe(0);
      });

      it('keeps a text with a NUL to itself', async () => {
        const call = start(c, statement('select 1\0; drop table t'));
        expect(['DB_PROTOCOL', 'DB_SYNTAX', 'DB_QUERY']).toContain((await call.failure()).code);
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
      });

      it('takes an empty statement and one of nothing but a comment', async () => {
        for (const text of ['', '-- nothing', ';']) {
          expect(await start(c, text).ended).toMatchObject({ command: '', rowCount: null, fields: [], bytes: 0 });
        }
      });
    });

    describe('with prepared statements', () => {
      it.each(['pg', 'lossless'] as const)('gives the same values in binary as in text (%s)', async (types) => {
        const own = await another({ types });
        const [unnamed, first, second, third] = [
          await run(own, MANY_TYPES, [], { prepare: false }),
          await run(own, MANY_TYPES),
          await run(own, MANY_TYPES),
          await run(own, MANY_TYPES),
        ];
        expect(first).toHaveLength(64);
        expect(first).toEqual(unnamed);
        expect(second).toEqual(unnamed);
        expect(third).toEqual(unnamed);
      });

      const CHANGED = 'select * from t order by a';
      const change = async (): Promise<void> => {
        await run(c, 'create table t (a int)');
        await run(c, 'insert into t values (1), (2)');
        await run(c, CHANGED);
        await run(c, CHANGED);
        await superQuery('alter table t alter a type text', target.database);
      };

      it('whose result has changed recovers unseen, pipelined ones too', async () => {
        await change();
        const all = await Promise.all(Array.from({ length: 20 }, () => run(c, CHANGED)));
        expect(all).toEqual(Array(20).fill([{ a: '1' }, { a: '2' }]));
        await superQuery('alter table t add b int default 5', target.database);
        expect(await run(c, CHANGED)).toEqual([
          { a: '1', b: 5 },
          { a: '2', b: 5 },
        ]);
        expect((await preparedOf(c)).filter((text) => text === CHANGED).length).toBeLessThanOrEqual(2);
      });

      it('whose result has changed is told within a transaction, and recovers behind it', async () => {
        await change();
        await run(c, 'begin');
        const error = await start(c, CHANGED).failure();
        expect(error).toMatchObject({ sqlState: '0A000', inDoubt: false });
        expect(c.transactionStatus).toBe('E');
        await run(c, 'rollback');
        expect(await run(c, CHANGED)).toHaveLength(2);
      });

      it.each(['deallocate all', 'discard all'])(
        'that are gone after %s recover unseen, pipelined ones too',
        async (gone) => {
          await run(c, 'select 1 a');
          const calls = [
            run(c, 'select 1 a'),
            run(c, gone),
            run(c, 'select 1 a'),
            run(c, 'select 2 a'),
            run(c, 'select 1 a'),
          ];
          expect(await Promise.all(calls)).toEqual([[{ a: 1 }], [], [{ a: 1 }], [{ a: 2 }], [{ a: 1 }]]);
          const known = await preparedOf(c);
          expect(new Set(known).size).toBe(known.length);
        },
      );

      it('that are gone behind its back recover as cursor and as COPY as well', async () => {
        await run(c, 'create table t (a int)');
        const texts = [
          'select n from generate_series(1, 3) n',
          'copy t from stdin',
          'copy (select 7) to stdout',
        ] as const;
        const all = async (): Promise<void> => {
          const cursor = start(c, texts[0], { fetchRows: 100 });
          expect(await settled(cursor.ended, 2000)).toBe('settled');
          expect(await cursor.all()).toHaveLength(3);
          const into = start(c, texts[1], { copy: 'in' });
          await into.until(() => into.writables > 0);
          into.execution.copyData(Buffer.from('1\n'));
          into.execution.copyEnd();
          expect(await settled(into.ended, 2000)).toBe('settled');
          expect(await into.ended).toMatchObject({ command: 'COPY', rowCount: 1 });
          const out = start(c, texts[2], { copy: 'out' });
          expect(await settled(out.ended, 2000)).toBe('settled');
          expect(Buffer.concat(out.chunks.map((chunk) => chunk.bytes())).toString()).toBe('7\n');
        };
        await all();
        // Inside a function: no tag tells of it.
        await run(c, "do $$ begin execute 'deallocate all'; end $$", [], { prepare: false });
        await all();
      });

      it('keeps the others when one is deallocated', async () => {
        await run(c, 'select 1 a');
        for (let n = 0; n < 5; n++) {
          await run(c, 'prepare mine as select 1', [], { prepare: false });
          await run(c, 'deallocate mine', [], { prepare: false });
          await run(c, 'select 1 a');
        }
        expect(await preparedOf(c)).toEqual(['select 1 a']);
      });

      it('holds no more of them on the server than it was told', async () => {
        const own = await another({ preparedCacheSize: 5 });
        for (let n = 0; n < 30; n++) expect(await run(own, `select ${n % 12} a`)).toEqual([{ a: n % 12 }]);
        await Promise.all(Array.from({ length: 60 }, (_, n) => run(own, `select ${n % 17} a`)));
        expect(await preparedOf(own)).toHaveLength(5);
        await run(own, 'select 100 a');
        await run(own, 'select 101 a');
        await run(own, 'select 100 a');
        for (let n = 0; n < 4; n++) await run(own, `select ${200 + n} a`);
        expect(await preparedOf(own)).toContain('select 100 a');
        expect(await preparedOf(own)).not.toContain('select 101 a');
      });

      it('holds no more of them on the server whatever fails', async () => {
        const own = await another({ preparedCacheSize: 3 });
        await run(own, 'create table t (a int)');
        const fail = async (call: Call): Promise<unknown> => call.failure();
        for (let n = 0; n < 12; n++) {
          await fail(start(own, `select ${n} / 0 as a`));
          await fail(start(own, `select nonsense ${n} from nowhere`));
          await fail(start(own, `select ${n} b`, { prelude: [statement('select 1 / 0')] }));
          await Promise.all(batch(own, [`select ${n} c`, `select 1 / 0 as d`, `select ${n} e`]).map(fail));
          await run(own, 'select * from t');
          await superQuery(`alter table t add c${n} int`, target.database);
          await run(own, 'begin');
          await fail(start(own, 'select * from t'));
          await run(own, 'rollback');
          await run(own, `select ${n} f`);
        }
        expect((await preparedOf(own)).length).toBeLessThanOrEqual(3);
      });

      it('works without any', async () => {
        const own = await another({ preparedCacheSize: 0 });
        await Promise.all(Array.from({ length: 20 }, () => run(own, 'select 1 a')));
        expect(await preparedOf(own)).toEqual([]);
      });
    });

    describe('with a prelude', () => {
      it('has BEGIN ride with the first statement', async () => {
        expect(await run(c, 'select 1 a', [], { prelude: [statement('begin')] })).toEqual([{ a: 1 }]);
        expect(c.transactionStatus).toBe('T');
        await run(c, 'commit');
        expect(c.transactionStatus).toBe('I');
      });

      it('skips the statement when the prelude fails', async () => {
        await run(c, 'create table t (a int)');
        const prelude = [statement("select set_config('no.such', 'x', true)"), statement('set local nonsense = 1')];
        expect(await start(c, 'insert into t values (1)', { prelude }).failure()).toMatchObject({ sqlState: '42704' });
        expect(await run(c, 'select * from t')).toEqual([]);
        expect(c.transactionStatus).toBe('I');
      });

      it('leaves nothing of a local setting behind, failed or not', async () => {
        const set = (value: string) => [statement("select set_config('app.tenant', $1, true)", [value])];
        const tenant = "select current_setting('app.tenant', true) t";
        const [before, with1, with2, failed, after] = [
          run(c, tenant),
          run(c, tenant, [], { prelude: set('one') }),
          run(c, tenant, [], { prelude: set('two') }),
          start(c, 'select 1 / 0', { prelude: set('three') }).failure(),
          run(c, tenant),
        ];
        expect(await before).toEqual([{ t: null }]);
        expect(await with1).toEqual([{ t: 'one' }]);
        expect(await with2).toEqual([{ t: 'two' }]);
        expect((await failed).sqlState).toBe('22012');
        expect([null, '']).toContain((await after)[0]?.['t']);
      });

      it('lets a local statement_timeout stop its own statement alone', async () => {
        const prelude = [statement("select set_config('statement_timeout', '50', true)")];
        const [slow, neighbour] = [start(c, 'select pg_sleep(5)', { prelude }), run(c, 'select 1 a')];
        expect(await slow.failure()).toMatchObject({ sqlState: '57014' });
        expect(await neighbour).toEqual([{ a: 1 }]);
        expect(await run(c, 'show statement_timeout')).toEqual([{ statement_timeout: '0' }]);
      });
    });

    describe('with a batch', () => {
      it('runs it in one transaction, each part with its own rows', async () => {
        const parts = ['create table t (a int)', 'insert into t values (1), (2)', 'select a from t', 'delete from t'];
        const calls = batch(c, parts);
        const ends = await Promise.all(calls.map(({ ended }) => ended));
        expect(ends.map(({ command, rowCount }) => [command, rowCount])).toEqual([
          ['CREATE TABLE', null],
          ['INSERT', 2],
          ['SELECT', 2],
          ['DELETE', 2],
        ]);
        expect(calls[2]?.rows).toEqual([{ a: 1 }, { a: 2 }]);
      });

      it('does all or nothing, and tells which part it was', async () => {
        await run(c, 'create table t (a int primary key)');
        const calls = batch(c, ['insert into t values (1)', 'insert into t values (1)', 'insert into t values (2)']);
        const errors = await Promise.all(calls.map((call) => call.failure()));
        expect(errors[1]).toMatchObject({ code: 'DB_UNIQUE', constraint: 't_pkey' });
        for (const index of [0, 2])
          expect(errors[index]?.message).toMatch(/not done, for statement 2 of the flight failed/);
        expect(await run(c, 'select * from t')).toEqual([]);
        expect(calls.map(({ endings }) => endings)).toEqual([1, 1, 1]);
      });

      it('fails as a whole when COMMIT does', async () => {
        await run(c, 'create table t (a int unique deferrable initially deferred)');
        const calls = batch(c, ['insert into t values (1)', 'insert into t values (1)']);
        for (const call of calls) expect(await call.failure()).toMatchObject({ sqlState: '23505' });
        expect(await run(c, 'select * from t')).toEqual([]);
      });

      it('with one text twice describes it once', async () => {
        const calls = batch(c, ['select 1 a', 'select 1 a']);
        expect(await Promise.all(calls.map((call) => call.all()))).toEqual([[{ a: 1 }], [{ a: 1 }]]);
      });

      it('with COPY at its end fails, and the connection lives', async () => {
        await run(c, 'create table t (a int)');
        const calls = batch(c, ['insert into t values (1)', 'copy t from stdin']);
        for (const call of calls) expect(await call.failure()).toMatchObject({ code: 'DB_QUERY' });
        expect(await run(c, 'select count(*)::int n from t')).toEqual([{ n: 0 }]);
      });

      it('with COPY before others fails as well: the server itself ends the connection then', async () => {
        await run(c, 'create table t (a int)');
        const calls = [...batch(c, ['copy t from stdin', 'select 1']), start(c, 'select 2')];
        for (const call of calls) expect(await settled(call.ended, 3000)).toBe('settled');
        expect(calls[0]?.error).toMatchObject({ code: 'DB_QUERY' });
        expect(calls[2]?.error).toMatchObject({ code: 'DB_CONNECTION_LOST' });
      });
    });

    describe('with a cursor', () => {
      const TEN = 'select n from generate_series(1, 10) n';

      it.each([true, false])('gives so many rows each time it is asked (prepared: %s)', async (prepare) => {
        const call = start(c, TEN, { fetchRows: 4, prepare });
        for (let times = 1; times <= 2; times++) {
          await call.until(() => call.suspensions === times);
          expect(call.rows).toHaveLength(4 * times);
          call.execution.fetch();
        }
        expect(await call.all()).toHaveLength(10);
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
      });

      it('of 3,000 fetches does not slow down', async () => {
        const call = start(c, 'select n from generate_series(1, 30000) n', { fetchRows: 10 });
        for (let times = 1; times <= 3000; times++) {
          await call.until(() => call.suspensions >= times || call.endings > 0);
          call.execution.fetch();
        }
        expect(await call.ended).toMatchObject({ command: 'SELECT' });
        expect(call.rows).toHaveLength(30_000);
      });

      it('goes on behind a prelude', async () => {
        const prelude = [statement('begin'), statement("select set_config('app.x', 'y', true)")];
        const call = start(c, TEN, { fetchRows: 4, prelude });
        await call.until(() => call.suspensions === 1);
        call.execution.fetch();
        await call.until(() => call.suspensions === 2);
        call.execution.fetch();
        expect(await call.all()).toHaveLength(10);
        expect(c.transactionStatus).toBe('T');
        await run(c, 'commit');
      });

      it('that is finished early ends well, with what it has', async () => {
        const call = start(c, TEN, { fetchRows: 4 });
        await call.until(() => call.suspensions === 1);
        call.execution.finish();
        await call.ended;
        expect(call.rows).toHaveLength(4);
        const running = start(c, TEN, { fetchRows: 4 });
        running.execution.finish();
        await running.ended;
        expect(running.rows).toHaveLength(4);
        expect(c.inFlight).toBe(0);
      });

      it('fails where its rows do', async () => {
        const call = start(c, 'select 1 / (6 - n) from generate_series(1, 10) n', { fetchRows: 4 });
        await call.until(() => call.suspensions === 1);
        call.execution.fetch();
        expect(await call.failure()).toMatchObject({ sqlState: '22012' });
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
      });

      it.each(['suspended', 'running'])('is cancelled while %s', async (state) => {
        const text = state === 'running' ? 'select n, pg_sleep(n) from generate_series(0, 9) n' : TEN;
        const call = start(c, text, { fetchRows: 1 });
        await call.until(() => call.suspensions === 1);
        if (state === 'running') call.execution.fetch();
        await call.execution.cancel('reader-left');
        await call.failure();
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
        expect(call.endings).toBe(1);
      });

      it('over COPY is refused, and the connection lives', async () => {
        await run(c, 'create table t (a int)');
        for (const text of ['copy t from stdin', 'copy t to stdout']) {
          expect(await start(c, text, { fetchRows: 2 }).failure()).toMatchObject({ code: 'DB_QUERY' });
          expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
        }
      });
    });

    describe('with COPY', () => {
      beforeEach(() => run(c, 'create table t (a int, b text)'));
      const copyIn = async (options: object = {}): Promise<Call> => {
        const call = start(c, 'copy t from stdin', { copy: 'in', ...options });
        await call.until(() => call.writables > 0);
        return call;
      };

      it.each([{}, { prelude: [statement('begin')] }])(
        'in takes data as fast as the socket does (%p)',
        async (options) => {
          const call = await copyIn(options);
          const line = Buffer.from(`1\t${'x'.repeat(1000)}\n`);
          const block = Buffer.concat(Array(64).fill(line));
          let waits = 0;
          for (let n = 0; n < 300; n++) {
            if (call.execution.copyData(block)) continue;
            waits++;
            const before = call.writables;
            await call.until(() => call.writables > before);
          }
          call.execution.copyEnd();
          expect(await call.ended).toMatchObject({ command: 'COPY', rowCount: 19_200 });
          expect(waits).toBeGreaterThan(0);
        },
      );

      it('in that is given up or cancelled leaves nothing', async () => {
        const given = await copyIn();
        given.execution.copyData(Buffer.from('1\tx\n'));
        given.execution.copyEnd('changed my mind');
        expect(await given.failure()).toMatchObject({ sqlState: '57014' });
        const cancelled = await copyIn();
        cancelled.execution.copyData(Buffer.from('1\tx\n'));
        await cancelled.execution.cancel('signal');
        await cancelled.failure();
        expect(await run(c, 'select count(*)::int n from t')).toEqual([{ n: 0 }]);
      });

      it('in of wrong data fails, whatever is still sent', async () => {
        const call = await copyIn();
        call.execution.copyData(Buffer.from('no number\tx\n'));
        const end = call.failure();
        while (call.endings === 0) {
          call.execution.copyData(Buffer.from('1\tx\n'.repeat(1000)));
          await new Promise((resolve) => setImmediate(resolve));
        }
        call.execution.copyEnd();
        expect(await end).toMatchObject({ sqlState: '22P02' });
        expect(await run(c, 'select count(*)::int n from t')).toEqual([{ n: 0 }]);
      });

      it('out gives the bytes, against credit', async () => {
        await run(c, "insert into t select n, repeat('y', 100) from generate_series(1, 20000) n");
        const call = start(c, 'copy t to stdout', { copy: 'out' });
        expect(await call.ended).toMatchObject({ command: 'COPY', rowCount: 20_000 });
        const text = Buffer.concat(call.chunks.map((chunk) => chunk.bytes())).toString();
        expect(text.split('\n')).toHaveLength(20_001);
      });

      it('out is cancelled in the middle', async () => {
        const call = start(c, 'copy (select generate_series(1, 100000000)) to stdout', { copy: 'out' });
        await call.until(() => call.chunks.length > 10);
        await call.execution.cancel('signal');
        expect((await call.failure()).sqlState).toBe('57014');
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
      });

      it('unasked, or the other way round, is refused, and the connection lives', async () => {
        for (const text of ['copy t from stdin', 'copy t to stdout']) {
          for (const prepare of [true, false]) {
            expect(await start(c, text, { prepare }).failure()).toMatchObject({ code: 'DB_QUERY', inDoubt: false });
          }
          const wrong = text.includes('stdin') ? 'out' : 'in';
          expect(await start(c, text, { copy: wrong }).failure()).toMatchObject({ code: 'DB_QUERY' });
          expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
        }
      });

      it('asked of a statement that is none just runs it', async () => {
        for (const copy of ['in', 'out'] as const) expect(await run(c, 'select 1 a', [], { copy })).toEqual([{ a: 1 }]);
      });
    });

    describe('with ceilings', () => {
      it('ends a result of too many rows, and the connection lives', async () => {
        const limits = { maxRows: 10, maxBytes: 0 };
        const call = start(c, 'select generate_series(1, 10000000) n', { limits });
        expect(await call.failure()).toMatchObject({ code: 'DB_RESULT_TOO_LARGE', inDoubt: false });
        expect(await run(c, 'select n from generate_series(1, 10) n', [], { limits })).toHaveLength(10);
      });

      it('ends a result of too many bytes, also when it is one row', async () => {
        const limits = { maxRows: 0, maxBytes: 100_000 };
        for (const text of [
          "select repeat('x', 30000000) a",
          "select repeat('x', 1000) from generate_series(1, 1000)",
        ]) {
          expect(await start(c, text, { limits }).failure()).toMatchObject({ code: 'DB_RESULT_TOO_LARGE' });
          expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
        }
      });

      it('is in doubt about a write that had ended before', async () => {
        await run(c, 'create table t (a int)');
        const call = start(c, 'insert into t select n from generate_series(1, 20) n returning a', {
          limits: { maxRows: 5, maxBytes: 0 },
        });
        expect(await call.failure()).toMatchObject({ code: 'DB_RESULT_TOO_LARGE', inDoubt: true });
      });
    });

    describe('with a slow reader', () => {
      const HUGE = "select n, repeat('x', 1000) from generate_series(1, 100000) n";

      it('stops the server, and goes on when the reader does', async () => {
        const call = start(c, HUGE, {}, new Call(false));
        await eventually(5000, async () => (await activity())['wait_event'] === 'ClientWrite');
        const unread = call.chunks.length;
        expect(unread).toBeGreaterThanOrEqual(4);
        expect(unread).toBeLessThan(12);
        let taken = 0;
        const timer = setInterval(() => {
          while (taken < call.chunks.length) {
            taken++;
            call.execution.taken();
          }
        }, 1);
        await call.ended;
        clearInterval(timer);
        expect(call.rows).toHaveLength(100_000);
      });

      it('is cancelled while it does not read', async () => {
        const call = start(c, HUGE, {}, new Call(false));
        await eventually(5000, async () => (await activity())['wait_event'] === 'ClientWrite');
        expect(await settled(call.execution.cancel('reader-left'), 3000)).toBe('settled');
        await call.failure();
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
      });

      it('holds up nobody when its result has come as a whole', async () => {
        for (let rows = 254; rows < 266; rows++) {
          const call = start(c, `select n, repeat('x', 1000) from generate_series(1, ${rows}) n`, {}, new Call(false));
          // With more rows it waits for its reader, as it should; where that begins is the socket's affair.
          const read = call.chunks.length;
          if ((await settled(call.ended, 200)) === 'open') for (let n = 0; n <= read; n++) call.execution.taken();
          await call.ended;
          expect(await settled(run(c, 'select 1 a'), 2000)).toBe('settled');
        }
      });

      it('is closed with it', async () => {
        const call = start(c, HUGE, {}, new Call(false));
        await call.until(() => call.chunks.length >= 4);
        expect(await settled(c.close(within(1000)), 2000)).toBe('settled');
        expect(await call.failure()).toMatchObject({ code: 'DB_CLOSING' });
      });
    });

    describe('with cancels', () => {
      it('ends the statement, and is there for the next when it is settled', async () => {
        const call = start(c, 'select pg_sleep(30)');
        await eventually(5000, async () => (await activity())['state'] === 'active');
        const cancels = [call.execution.cancel('signal'), call.execution.cancel('deadline')];
        await Promise.all(cancels);
        expect(await call.failure()).toMatchObject({ sqlState: '57014', inDoubt: false });
        expect(call.endings).toBe(1);
        await call.execution.cancel('signal');
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
      });

      it('of what has not been written yet ends it as well', async () => {
        for (let n = 0; n < 20; n++) {
          const call = start(c, 'select pg_sleep(30)');
          await call.execution.cancel('signal');
          expect((await call.failure()).code).toMatch(/DB_CANCELLED|DB_QUERY/);
        }
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
      });

      it('of what waits behind another cancel drops it', async () => {
        await run(c, 'create table t (a int)');
        const running = start(c, 'select pg_sleep(30)');
        await eventually(5000, async () => (await activity())['state'] === 'active');
        const first = running.execution.cancel('signal');
        const [dropped, kept] = [
          start(c, 'insert into t values (1)'),
          start(c, 'insert into t values (2) returning a'),
        ];
        await dropped.execution.cancel('signal');
        expect(await dropped.failure()).toMatchObject({ code: 'DB_CANCELLED', inDoubt: false });
        await first;
        expect(await kept.all()).toEqual([{ a: 2 }]);
        expect(await run(c, 'select a from t')).toEqual([{ a: 2 }]);
      });

      it(`hit no other caller, ${CANCELS} times in loaded pipelines`, async () => {
        const connections = await Promise.all(Array.from({ length: 4 }, () => another()));
        let stop = false;
        let innocents = 0;
        let cancels = 0;
        const failures: unknown[] = [];
        const load = async (own: Connection, n: number): Promise<void> => {
          while (!stop) {
            const call = start(
              own,
              statement('select $1::int a, count(*) from generate_series(1, $2::int)', [String(n), '3000']),
              {
                shared: true,
              },
            );
            await call.ended.then(
              () => void (call.rows[0]?.['a'] !== n && failures.push(call.rows)),
              (error: unknown) => failures.push(error),
            );
            innocents++;
          }
        };
        const victims = async (own: Connection, n: number): Promise<void> => {
          while (cancels < CANCELS) {
            // At the end, in the middle and at the beginning of its time, so that the request races the answer.
            const text =
              cancels % 3 === 0 ? `select pg_sleep(0.00${n % 9})` : 'select count(*) from generate_series(1, 20000)';
            const call = start(own, text, { shared: true });
            await new Promise((resolve) =>
              cancels % 2 === 0 ? setImmediate(resolve) : setTimeout(resolve, cancels % 4),
            );
            if (call.endings === 0) cancels++;
            await call.execution.cancel('signal');
            await call.ended.catch(() => {});
          }
        };
        const loads = connections.flatMap((own) => Array.from({ length: 6 }, (_, n) => load(own, n)));
        await Promise.all(connections.flatMap((own, n) => [victims(own, n), victims(own, n + 4)]));
        stop = true;
        await Promise.all(loads);
        expect(failures).toEqual([]);
        expect(innocents).toBeGreaterThan(CANCELS);
      }, 300_000);
    });

    describe('at its end', () => {
      it('of its own will stops what runs and refuses what comes', async () => {
        const running = start(c, 'select pg_sleep(30)');
        await eventually(5000, async () => (await activity())['state'] === 'active');
        const closing = c.close(within(3000));
        const late = start(c, 'select 1');
        expect(await settled(closing, 3000)).toBe('settled');
        expect(await running.failure()).toMatchObject({ code: 'DB_CLOSING' });
        expect(await late.failure()).toMatchObject({ code: 'DB_CLOSING', inDoubt: false });
        await c.close(within(100));
        await eventually(3000, async () => Object.keys(await activity()).length === 0);
        expect(await start(c, 'select 1').failure()).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: false });
      });

      it('may be asked for twice at once', async () => {
        await Promise.all([c.close(within(2000)), c.close(within(2000))]);
        expect(opened[0]?.losses).toHaveLength(1);
      });

      it('by force comes within its budget, and at once when the time is over already', async () => {
        for (const context of [within(50), { budgetMs: 60_000, signal: AbortSignal.abort() }]) {
          const own = await another();
          const call = start(own, 'select pg_sleep(30)');
          await new Promise((resolve) => setImmediate(resolve));
          expect(await settled(own.close(context), 1500)).toBe('settled');
          await call.failure();
        }
      });

      it('by the hand of an administrator fails each in flight once, in doubt only where it must be', async () => {
        await run(c, 'create table t (a int)');
        const calls = [
          start(c, 'select pg_sleep(30)'),
          start(c, 'insert into t values (1)'),
          start(c, 'select 1'),
          start(c, 'select 1', { shared: true }),
          ...batch(c, ['select 1', 'select 2']),
          ...batch(c, ['select 1', 'insert into t values (1)']),
        ];
        await eventually(5000, async () => (await activity())['state'] === 'active');
        await superQuery(`select pg_terminate_backend(${pid()})`);
        const errors = await Promise.all(calls.map((call) => call.failure()));
        expect(errors.map(({ code }) => code)).toEqual(Array(8).fill('DB_CONNECTION_LOST'));
        // What looks like a read may call a function that writes; in shared use the session cannot.
        expect(errors.map(({ inDoubt }) => inDoubt)).toEqual([true, true, true, false, true, true, true, true]);
        expect(calls.map(({ endings }) => endings)).toEqual(Array(8).fill(1));
        expect(c.inFlight).toBe(0);
        expect(opened[0]?.losses).toHaveLength(1);
        expect(await start(c, 'select 1').failure()).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: false });
        await expect(c.ping(within(100))).rejects.toMatchObject({ code: 'DB_CONNECTION_LOST' });
        await expect(c.reset('discard-all', within(100))).rejects.toMatchObject({ code: 'DB_CONNECTION_LOST' });
      });

      it('while nothing runs is told as well, once', async () => {
        await superQuery(`select pg_terminate_backend(${pid()})`);
        await eventually(3000, () => opened[0]?.losses.length === 1);
        expect(opened[0]?.losses[0]).toMatchObject({ code: 'DB_CONNECTION_LOST' });
        expect(opened[0]?.losses[0]?.message).toMatch(/terminat/);
      });

      it('behind an error that waits for its Sync is the end of a connection, not a broken protocol', async () => {
        const call = start(c, 'select n from generate_series(1, 9) n', { fetchRows: 2 });
        await call.until(() => call.suspensions === 1);
        await superQuery(`select pg_terminate_backend(${pid()})`);
        expect(await call.failure()).toMatchObject({ code: 'DB_CONNECTION_LOST' });
      });
    });

    describe('for its next borrower', () => {
      it('hears NOTIFY, between statements and beside them', async () => {
        const heard: unknown[] = [];
        c.onNotification((channel, payload) => heard.push([channel, payload]));
        await run(c, 'listen news');
        await superQuery("notify news, 'é'", target.database);
        await eventually(3000, () => heard.length === 1);
        await Promise.all([run(c, "select pg_notify('news', 'mine')"), run(c, 'select 1')]);
        await eventually(3000, () => heard.length === 2);
        c.onNotification(undefined);
        await superQuery('notify news', target.database);
        await run(c, 'select 1');
        expect(heard).toEqual([
          ['news', 'é'],
          ['news', 'mine'],
        ]);
      });

      it('is clean after a smart reset, and keeps its prepared statements', async () => {
        await superQuery(
          `create role "${target.database}_r"; grant "${target.database}_r" to "${target.user}"`,
          target.database,
        );
        const dirty = [
          `set role "${target.database}_r"`,
          'set search_path to pg_catalog',
          'create temp table mine (a int)',
          'listen news',
          'select pg_advisory_lock(42)',
          'declare held cursor with hold for select 1',
          "select set_config('app.tenant', 'x', false)",
          'create temp sequence s',
        ];
        await run(c, 'select 1 kept');
        await run(c, 'create table t (a int)');
        await run(c, 'reset role');
        for (const text of dirty.slice(1)) await run(c, text);
        await run(c, dirty[0]!);
        const seen = `select current_user::text u, current_setting('search_path') p, to_regclass('pg_temp.mine') t,
          (select count(*)::int from pg_listening_channels()) l, (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) a,
          (select count(*)::int from pg_cursors where is_holdable) h, nullif(current_setting('app.tenant', true), '') s`;
        const [before] = await run(c, seen, [], { prepare: false });
        expect(before).toMatchObject({ l: 1, a: 1, h: 1, s: 'x', p: 'pg_catalog' });
        await run(c, 'begin');
        await run(c, 'select 1');
        await c.reset('smart', within(2000));
        expect(c.transactionStatus).toBe('I');
        expect(c.touched.size).toBe(0);
        const [after] = await run(c, seen, [], { prepare: false });
        expect(after).toEqual({ u: target.user, p: '"$user", public', t: null, l: 0, a: 0, h: 0, s: null });
        expect(await preparedOf(c)).toContain('select 1 kept');
        await superQuery(`drop role "${target.database}_r"`, target.database);
      });

      it('is clean after an error in a transaction, and costs nothing when it is clean', async () => {
        await run(c, 'begin');
        await start(c, 'select 1 / 0').failure();
        expect(c.transactionStatus).toBe('E');
        await c.reset('smart', within(2000));
        expect(c.transactionStatus).toBe('I');
        const before = (await preparedOf(c)).length;
        await c.reset('smart', within(2000));
        await c.reset('none', within(2000));
        expect((await preparedOf(c)).length).toBe(before);
      });

      it('forgets its statements where the reset throws them away', async () => {
        await run(c, 'select 1 a');
        await run(c, 'prepare mine as select 1');
        await c.reset('smart', within(2000));
        expect(await preparedOf(c)).toEqual([]);
        expect(await run(c, 'select 1 a')).toEqual([{ a: 1 }]);
        await run(c, 'set search_path to pg_catalog');
        await c.reset('discard-all', within(2000));
        expect(await preparedOf(c)).toEqual([]);
      });
    });
  });
}
