// Where a transaction's parts meet: calls beside a savepoint, parts that fail inside of one, what the library sends of its own, and
// what it must not take for its own affair.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseError, type Database } from '@hydrogen/database';

import { openModule, type OpenModule } from '../support/module.js';
import { createNumbers, insertNumber, numbersOf } from '../support/numbers-table.js';
import { superQuery } from '../support/server.js';

let open: OpenModule;
let db: Database;
afterEach(() => open.close());

async function begin(Workers = 0, connection: object = {}): Promise<void> {
  open = await openModule({ databases: { Workers }, connection: { MaxConnections: 4, ...connection } });
  db = open.db;
  await createNumbers(db);
}

const stored = (): Promise<number[]> => numbersOf(db);
const insert = (n: number, where: Pick<Database, 'query'> = db): Promise<unknown> => insertNumber(n, where);

class Own extends Error {}
const fail = (): never => {
  throw new Own('own');
};
const passOver = (): void => {};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof DatabaseError ? error.code : error),
  );

describe.each([0, 1])('with Workers: %i', (Workers) => {
  beforeEach(() => begin(Workers));

  const failing = (n: number): Promise<unknown> =>
    db.transaction(
      async () => {
        await insert(n);
        fail();
      },
      { propagation: 'NESTED' },
    );

  describe('a call beside a savepoint', () => {
    it('that comes while SAVEPOINT is on its way is not undone with it', async () => {
      await db.transaction(async () => {
        await insert(0);
        const nested = codeOf(failing(1));
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        await Promise.all([nested, insert(2)]);
      });
      expect(await stored()).toEqual([0, 2]);
    });

    it('that comes while SAVEPOINT waits for its turn is not undone with it', async () => {
      await db.transaction(() =>
        Promise.all([db.query('select pg_sleep(0.1)'), codeOf(failing(1)), pause(20).then(() => insert(2))]),
      );
      expect(await stored()).toEqual([2]);
    });

    it('on the outer tx, from a transaction of its own within the savepoint, is refused and does not hang', async () => {
      const within = db.transaction(
        (tx) => tx.transaction(() => db.transaction(() => tx.query('select 1'), { propagation: 'REQUIRES_NEW' })),
        { timeoutMs: 10_000 },
      );
      expect(await codeOf(within)).toBe('DB_TX_CLOSED');
    });
  });

  describe('what fails inside of a savepoint is undone with it, and the outer transaction lives', () => {
    it('a part that joined it', async () => {
      await db.transaction(async () => {
        await insert(1);
        await db.transaction(() => db.transaction(async () => fail()), { propagation: 'NESTED' }).catch(passOver);
        await insert(2);
      });
      expect(await stored()).toEqual([1, 2]);
    });

    it('a part that joined it, and whose error is passed over inside: the savepoint is not kept', async () => {
      const inner: unknown[] = [];
      await db.transaction(async () => {
        const nested = db.transaction(
          async () => {
            await insert(1);
            await db.transaction(async () => fail()).catch(passOver);
          },
          { propagation: 'NESTED' },
        );
        inner.push(await codeOf(nested));
        await insert(2);
      });
      expect([inner, await stored()]).toEqual([['DB_TX_ROLLED_BACK'], [2]]);
    });

    it('a savepoint of its own whose time is over', async () => {
      await db.transaction(async (tx) => {
        await insert(1);
        const outer = tx.transaction((a) => a.transaction((b) => b.query('select pg_sleep(5)')), { timeoutMs: 100 });
        expect(await codeOf(outer)).toBe('DB_DEADLINE');
        await insert(2);
      });
      expect(await stored()).toEqual([1, 2]);
    });

    it('and with it what it told the server of its time', async () => {
      await open.close();
      await begin(Workers, { StatementTimeoutMs: 300 });
      await db.transaction(async (tx) => {
        const nested = tx.transaction(async (inner) => {
          await inner.query('select 1', [], { timeoutMs: 10_000 });
          fail();
        });
        await nested.catch(passOver);
        await tx.query('select pg_sleep(0.6)', [], { timeoutMs: 10_000 });
      });
    });
  });

  describe('the question for the id', () => {
    it.each([true, false])('takes no snapshot before LOCK TABLE has been granted (settle: %s)', async (settle) => {
      const lease = await db.acquire();
      await lease.query('begin');
      await lease.query('lock table t in access exclusive mode');
      const seen = db.transaction(
        async (tx) => {
          await tx.query("set local lock_timeout = '10s'");
          await tx.query('lock table t in share mode');
          return (await tx.one<{ n: number }>('select count(*)::int as n from t')).n;
        },
        { isolation: 'repeatable read', settle },
      );
      await pause(200);
      await lease.query('insert into t values (1)');
      await lease.query('commit');
      await lease.release();
      expect(await seen).toBe(1);
    });

    it('does not stand before SET TRANSACTION', async () => {
      await db.transaction(async (tx) => {
        await tx.query("set local lock_timeout = '10s'");
        await tx.query('set transaction isolation level serializable');
        await insert(1);
      });
      expect(await stored()).toEqual([1]);
    });

    it('is not asked of a transaction that has failed: COMMIT says what is to be said', async () => {
      const whole = db.transaction(async (tx) => {
        await tx.columns('insert into t values (1) returning n');
        await tx.query('select 1/0').catch(passOver);
      });
      expect(await codeOf(whole)).toBe('DB_TX_ROLLED_BACK');
    });
  });

  describe('where the role may not ask for the server’s identity', () => {
    beforeEach(() => superQuery('revoke execute on function pg_control_system() from public', open.target.database));

    it('a savepoint that the question has undone is not lost when its error is passed over', async () => {
      await db.transaction(async () => {
        await db.transaction(() => insert(1), { propagation: 'NESTED' }).catch(passOver);
        await db.query('select 1');
      });
      expect(await stored()).toEqual([1]);
    });

    it('a function that failed by itself is not run again because of a neighbour’s question', async () => {
      let goOn!: () => void;
      const gate = new Promise<void>((resolve) => (goOn = resolve));
      let runs = 0;
      const own = codeOf(
        db.transaction(
          async () => {
            runs++;
            await gate;
            fail();
          },
          { retries: 0, readOnly: true },
        ),
      );
      await db.transaction(() => insert(1));
      goOn();
      expect(await own).toBeInstanceOf(Own);
      expect(runs).toBe(1);
    });
  });

  describe('hooks', () => {
    it('of a rollback run although something else in the function is in doubt', async () => {
      const heard: string[] = [];
      const whole = db.transaction(async (tx) => {
        tx.afterRollback(() => void heard.push('undone'));
        await insert(1);
        const end = 'do $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end $$';
        await db.using((lease) => lease.query(end));
      });
      expect(await codeOf(whole)).toBe('DB_CONNECTION_LOST');
      expect([heard, await stored()]).toEqual([['undone'], []]);
    });

    it('without a transaction are told to the log when they fail, and end no process', async () => {
      const unhandled: unknown[] = [];
      const hear = (error: unknown): void => void unhandled.push(error);
      process.on('unhandledRejection', hear);
      db.afterCommit(async () => fail());
      db.afterCommit(fail);
      await pause(50);
      process.off('unhandledRejection', hear);
      expect(unhandled).toEqual([]);
    });
  });
});
