// Cases in which a careless implementation loses data, hangs or lies; each was found by somebody trying to break it.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DatabaseError, DatabaseModule, InjectDatabase, QueryExecutor, type Database } from '@hydrogen/database';
import { eventually } from '../support/eventually.js';
import { connectionOf, openModule, type OpenModule } from '../support/module.js';
import { createTestDatabase, superQuery } from '../support/server.js';
import { silentLogger } from '../support/silent-logger.js';

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(
    (value) => new Error(`resolved: ${JSON.stringify(value)?.slice(0, 200)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DatabaseError)) throw error;
  return error;
}

const warnings: Error[] = [];
const noteWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', noteWarning);
});
afterEach(() => void process.off('warning', noteWarning));

describe.each([0, 1])('with Workers: %i', (Workers) => {
  let open: OpenModule;
  let db: Database;
  beforeEach(async () => {
    open = await openModule({ databases: { Workers, ShutdownTimeoutMs: 200 }, connection: { MaxConnections: 3 } });
    db = open.db;
    await db.query('create table t (i int, s text)');
  });
  afterEach(() => open.close());
  const rows = (): Promise<unknown[]> => db.many('select i from t order by i');

  describe('nested transactions', () => {
    it('that reject leave nothing behind, also when the undoing had to wait for long', async () => {
      await db.transaction(async (tx) => {
        const inner = tx.transaction(async (nested) => {
          await Promise.all([
            nested.query("insert into t values (9, 'must be undone')"),
            nested.query('select pg_sleep(1.3)'),
            nested.query('select $1'),
          ]);
        });
        expect((await failure(inner)).code).toBe('DB_PARAMETERS');
        await tx.query('insert into t values (1)');
      });
      expect(await rows()).toEqual([{ i: 1 }]);
    });

    it('whose own time is over are undone before COMMIT, however long that takes', async () => {
      await db.transaction(async (tx) => {
        const inner = tx.transaction(
          async (nested) => {
            await nested.query('insert into t values (9)');
            await nested.query('select pg_sleep(10)');
          },
          { timeoutMs: 100 },
        );
        expect((await failure(inner)).code).toBe('DB_DEADLINE');
        await tx.query('insert into t values (1)');
      });
      expect(await rows()).toEqual([{ i: 1 }]);
    });

    it('side by side run one after the other: the failure of one does not undo the other', async () => {
      await db.transaction(async (tx) => {
        const outcomes = await Promise.allSettled([
          tx.transaction(async (a) => a.query('insert into t values (1)')),
          tx.transaction(async (b) => {
            await b.query('insert into t values (2)');
            throw new Error('b fails');
          }),
          tx.transaction(async (c) => c.query('insert into t values (3)')),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      });
      expect(await rows()).toEqual([{ i: 1 }, { i: 3 }]);
    });

    it('refuse a statement of the outer one meanwhile: it would be undone with them', async () => {
      await db.transaction(async (tx) => {
        await tx.transaction(async (nested) => {
          await nested.query('insert into t values (1)');
          expect((await failure(tx.query('insert into t values (2)'))).code).toBe('DB_TX_CLOSED');
        });
        await tx.query('insert into t values (3)');
      });
      expect(await rows()).toEqual([{ i: 1 }, { i: 3 }]);
    });
  });

  describe('deadlines', () => {
    it('that have passed send nothing', async () => {
      const executor = open.module.get(QueryExecutor);
      const calls = Array.from({ length: 20 }, () =>
        failure(executor.execute({ database: 'Main', sql: 'insert into t values (1)', deadline: Date.now() - 1000 })),
      );
      expect(new Set((await Promise.all(calls)).map(({ code, inDoubt }) => `${code} ${inDoubt}`))).toEqual(
        new Set(['DB_DEADLINE false']),
      );
      expect(await rows()).toEqual([]);
    });

    it('of a transaction that passed before COMMIT roll it back', async () => {
      const late = db.transaction(
        async (tx) => {
          await tx.query('insert into t values (1)');
          const end = performance.now() + 60;
          while (performance.now() < end);
        },
        { timeoutMs: 50 },
      );
      expect(await failure(late)).toMatchObject({ code: 'DB_DEADLINE', inDoubt: false });
      await eventually(1000, () => db.pool.stats().leased === 0);
      expect(await rows()).toEqual([]);
    });

    it('of a statement that waits for its turn on a lease: it is never sent, and not in doubt', async () => {
      await db.using(async (lease) => {
        const slow = lease.query('select pg_sleep(0.4)');
        const queued = await failure(lease.query('insert into t values (1)', [], { timeoutMs: 50 }));
        expect(queued).toMatchObject({ code: 'DB_DEADLINE', inDoubt: false });
        await slow;
        expect(await lease.one('select 1 as n')).toEqual({ n: 1 });
      });
      expect(await rows()).toEqual([]);
    });

    it('by one signal for many calls are no leak of listeners', async () => {
      const controller = new AbortController();
      const calls = Array.from({ length: 60 }, () =>
        db.query('select pg_sleep(5)', [], { signal: controller.signal }).catch((error: DatabaseError) => error.code),
      );
      await eventually(2000, () => db.pool.stats().leased === 3);
      controller.abort();
      expect(new Set(await Promise.all(calls))).toEqual(new Set(['DB_CANCELLED']));
      await new Promise((resolve) => setImmediate(resolve));
      expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
    });
  });

  describe('parameters', () => {
    it('that are bytes are taken at the call: what is written into them later is not sent', async () => {
      const bytes = Buffer.from('before');
      const sent = db.one('select $1::bytea as b', [bytes]);
      bytes.write('AFTER!');
      expect(String((await sent)['b'])).toBe('before');
    });

    it('whose buffer was transferred are refused, and nobody else is hurt', async () => {
      const bytes = new Uint8Array(8);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      const other = db.one('select 1 as n');
      const refused = failure(db.query('select $1::bytea', [bytes]));
      expect((await refused).code).toBe('DB_PARAMETERS');
      expect(await other).toEqual({ n: 1 });
      await eventually(500, () => db.pool.stats().leased === 0);
    });

    it('a signal that is none is refused, and no lease is lost', async () => {
      await db.query('select 1');
      const controller = new AbortController() as never;
      expect((await failure(db.query('select 1', [], { signal: controller }))).code).toBe('DB_PARAMETERS');
      expect(db.pool.stats().leased).toBe(0);
    });
  });

  it('an error that a function raises in class 08 or 57 costs no connection and no savepoint', async () => {
    await db.using(async (lease) => {
      const { pid } = await lease.one('select pg_backend_pid() pid');
      for (const state of ['08006', '57P01', '28000']) {
        const error = await failure(
          lease.query(`do $$ begin raise exception 'mine' using errcode = '${state}'; end $$`),
        );
        expect(error).toMatchObject({ code: 'DB_QUERY', sqlState: state, inDoubt: false });
      }
      expect(await lease.one('select pg_backend_pid() pid')).toEqual({ pid });
    });
  });

  it('a write whose rows are too many is in doubt: it may be done', async () => {
    const write = 'insert into t select n from generate_series(1, 100) n returning i';
    expect(await failure(db.query(write, [], { maxRows: 10 }))).toMatchObject({
      code: 'DB_RESULT_TOO_LARGE',
      inDoubt: true,
    });
    expect(await failure(db.query('select * from generate_series(1, 100)', [], { maxRows: 10 }))).toMatchObject({
      inDoubt: false,
    });
  });

  it("floats do not depend on the database's own settings", async () => {
    await superQuery(`alter database ${open.target.database} set extra_float_digits = -10`);
    db.pool.recycle();
    expect(await db.one('select 0.123456789012345::float8 as f')).toEqual({ f: 0.123456789012345 });
  });

  it('a stop in the middle of results resolves none of them in part, and leaves no statement behind', async () => {
    const calls = Array.from({ length: 3 }, () =>
      db.query('select n, repeat(md5(n::text), 8) from generate_series(1, 300000) n').then(
        (result) => [result.rowCount, result.rows.length],
        (error: DatabaseError) => error.code,
      ),
    );
    await eventually(2000, () => db.pool.stats().leased === 3);
    await open.module.close();
    for (const outcome of await Promise.all(calls)) {
      if (Array.isArray(outcome)) expect(outcome[0]).toBe(outcome[1]);
      else expect(outcome).toBe('DB_CLOSING');
    }
  });

  it('a stop sends nothing that waited behind something else', async () => {
    const lease = await db.acquire();
    const outcomes = Promise.allSettled([
      lease.query('select pg_sleep(30)'),
      lease.query("select pg_sleep(31), 'queued_marker'"),
    ]);
    await open.module.close();
    const settled = await outcomes;
    expect(settled.map((outcome) => outcome.status === 'rejected' && (outcome.reason as DatabaseError).code)).toEqual([
      'DB_CLOSING',
      'DB_CLOSING',
    ]);
    await eventually(1000, async () => {
      const left = await superQuery(
        "select 1 from pg_stat_activity where state = 'active' and query like '%queued_marker%' and pid <> pg_backend_pid()",
      );
      return left.length === 0;
    });
  });
});

it('an application that fails to be built has opened nothing', async () => {
  const target = await createTestDatabase();
  @Injectable()
  class Bad {
    constructor(@InjectDatabase('Nowhere') readonly db: Database) {}
  }
  @Module({ providers: [Bad] })
  class BadModule {}
  const config = { Workers: 1, Connections: { Main: connectionOf(target, { MinConnections: 2 }) } };
  const building = Test.createTestingModule({ imports: [DatabaseModule.forRoot({ config, env: {} }), BadModule] })
    .setLogger(silentLogger)
    .compile();
  await expect(building).rejects.toMatchObject({ code: 'DB_UNKNOWN' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const sessions = await superQuery(`select 1 from pg_stat_activity where datname = '${target.database}'`);
  expect(sessions).toEqual([]);
  expect(process.getActiveResourcesInfo()).not.toContain('MessagePort');
  await target.drop();
});

it('fail-fast is fast: one wrong password does not wait for a database that is unreachable', async () => {
  const target = await createTestDatabase();
  const module = await Test.createTestingModule({
    imports: [
      DatabaseModule.forRoot({
        config: {
          Connections: {
            Wrong: { ...connectionOf(target), Password: 'wrong-password' },
            Unreachable: { Host: '127.0.0.1', Port: 1, Database: 'x', Username: 'x', Password: 'x' },
          },
        },
        env: {},
      }),
    ],
  })
    .setLogger(silentLogger)
    .compile();
  const startedAt = performance.now();
  await expect(module.init()).rejects.toMatchObject({ code: 'DB_AUTH_FAILED', database: 'Wrong' });
  expect(performance.now() - startedAt).toBeLessThan(3000);
  await target.drop();
});
