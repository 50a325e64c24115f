// Behind PgBouncer in transaction mode, where one is installed: it is noticed, said once, and adapted to. It refuses most
// startup parameters, lends another server session for each transaction, and knows prepared statements from 1.21 on.
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { DatabaseError, DatabaseModule, getDatabaseToken, type Database } from '@hydrogen/database';
import { CapturedLog } from '../support/captured-log.js';
import { connectionOf } from '../support/module.js';
import { findPgBouncer, startPgBouncer } from '../support/pgbouncer.js';
import { createTestDatabase } from '../support/server.js';

const program = findPgBouncer();

interface Behind {
  readonly db: Database;
  readonly log: CapturedLog;
}

async function behind(Workers: number, act: (behind: Behind) => Promise<void>, more = ''): Promise<void> {
  const target = await createTestDatabase();
  const pooler = await startPgBouncer(program as string, target, more);
  const log = new CapturedLog();
  try {
    const { host, port } = pooler;
    const Main = connectionOf(
      { ...target, host, port },
      { MaxConnections: 6, MaxQueue: 1000, StatementTimeoutMs: 3000 },
    );
    const config = { Workers, Connections: { Main } };
    const module = await Test.createTestingModule({ imports: [DatabaseModule.forRoot({ config, env: {} })] })
      .setLogger(log)
      .compile();
    await module.init();
    try {
      await act({ db: module.get<Database>(getDatabaseToken('Main')), log });
    } finally {
      await module.close();
    }
  } finally {
    await pooler.close();
    await target.drop();
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as DatabaseError).code,
  );

if (program === undefined) {
  it('PgBouncer is not installed here, and nothing says that it is', () => expect(findPgBouncer()).toBeUndefined());
} else {
  describe.each([0, 1])('with Workers: %i', (Workers) => {
    it('it is noticed and said once, whatever the number of connections', async () => {
      await behind(Workers, async ({ db, log }) => {
        await Promise.all(Array.from({ length: 50 }, () => db.query('select pg_sleep(0.01)')));
        expect(log.lines.filter((line) => /pooler/i.test(line))).toHaveLength(1);
      });
    }, 60_000);

    it('statements, pipelines and transactions give what they should, again and again', async () => {
      await behind(Workers, async ({ db }) => {
        await db.query('create table t (id int primary key, n int)');
        const outcomes = await Promise.all(
          Array.from({ length: 600 }, async (_, n) => {
            const kind = n % 4;
            if (kind === 0) return (await db.one<{ n: number }>('select $1::int as n', [n])).n;
            if (kind === 1) return (await db.one<{ n: number }>('insert into t values ($1, $1) returning n', [n])).n;
            if (kind === 2) {
              return db.transaction(async (tx) => {
                await tx.query('insert into t values ($1, 0)', [n]);
                await tx.query('update t set n = $1 where id = $1', [n]);
                return (await tx.one<{ n: number }>('select n from t where id = $1', [n])).n;
              });
            }
            return (await codeOf(db.query('select 1 / ($1::int - $1)', [n]))) === 'DB_DATA' ? n : -1;
          }),
        );
        expect(outcomes).toEqual(Array.from({ length: 600 }, (_, n) => n));
      });
    }, 60_000);

    it('limits that the startup message could not carry hold all the same, and a longer timeoutMs with them', async () => {
      await behind(Workers, async ({ db }) => {
        for (let time = 0; time < 3; time++) {
          const row = await db.one(
            "select current_setting('statement_timeout') as t, current_setting('IntervalStyle') as i",
          );
          expect(row).toEqual({ t: '3s', i: 'postgres' });
        }
        expect(await codeOf(db.query('select pg_sleep(10)'))).toBe('DB_STATEMENT_TIMEOUT');
        expect(await codeOf(db.query('select pg_sleep(3.2)', [], { timeoutMs: 20_000 }))).toBe('resolved');
        expect(await codeOf(db.query('vacuum'))).toBe('resolved');
      });
    }, 60_000);

    it('a deadline and a signal stop the statement, and hit nobody else', async () => {
      await behind(Workers, async ({ db }) => {
        const others = Promise.all(Array.from({ length: 40 }, () => db.one('select pg_sleep(0.02), 1 as n')));
        expect(await codeOf(db.query('select pg_sleep(10)', [], { timeoutMs: 200 }))).toBe('DB_DEADLINE');
        expect(await others).toHaveLength(40);
        expect(await db.one('select 1 as n')).toEqual({ n: 1 });
      });
    }, 60_000);
  });

  it('a PgBouncer that is told to ignore startup parameters is noticed as well', async () => {
    const more =
      'ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout,extra_float_digits,IntervalStyle';
    await behind(
      0,
      async ({ db, log }) => {
        await db.one('select 1 as n');
        expect(log.lines.filter((line) => /pooler/i.test(line))).toHaveLength(1);
        expect(await db.one("select current_setting('statement_timeout') as t")).toEqual({ t: '3s' });
      },
      more,
    );
  }, 60_000);
}
