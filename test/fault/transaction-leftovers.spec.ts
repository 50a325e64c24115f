// What a transaction that did not end as it should leaves at the server: nothing, one second later. Asked of the server itself.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Transaction } from '@hydrogen/database';
import { eventually } from '../support/eventually.js';
import { connectionOf, openModule, type OpenModule } from '../support/module.js';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';
import { TransactionProcess } from '../support/transaction-process.js';

const GONE_MS = 1_000;

/** Sessions that stand in a transaction, and locks on the table and on advisory keys. */
async function leftOf({ database }: TestDatabase): Promise<{ open: number; locks: number }> {
  const open = `select count(*)::int from pg_stat_activity where datname = '${database}' and pid <> pg_backend_pid() and state like 'idle in transaction%'`;
  const locks = `select count(*)::int from pg_locks join pg_stat_activity using (pid) where datname = '${database}' and pid <> pg_backend_pid() and (locktype in ('relation', 'transactionid', 'advisory'))`;
  const [row] = await superQuery(`select (${open}) as open, (${locks}) as locks`);
  return row as { open: number; locks: number };
}

const nothingLeft = (target: TestDatabase): Promise<number> =>
  eventually(GONE_MS, async () => {
    const { open, locks } = await leftOf(target);
    return open === 0 && locks === 0;
  });

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: { code?: string; message?: string }) => error.code ?? String(error.message),
  );

describe.each([0, 1])('with Workers: %i, nothing is left of a transaction', (Workers) => {
  let open: OpenModule;
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  beforeEach(async () => {
    uncaught.length = 0;
    process.on('uncaughtException', note).on('unhandledRejection', note);
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 2 } });
    await open.db.query('create table t (n int)');
    await open.db.query('insert into t values (0)');
  });
  afterEach(async () => {
    process.off('uncaughtException', note).off('unhandledRejection', note);
    await open.close();
  });

  const rows = async (): Promise<unknown[]> =>
    (await open.db.query('select n from t order by n')).rows.map(({ n }) => n);
  const update = (tx: Transaction, n: number): Promise<unknown> => tx.query('update t set n = n + $1', [n]);

  /** It is seen while it is there: a question that never finds anything proves nothing. */
  async function whileOpen(tx: Transaction): Promise<void> {
    await update(tx, 1);
    const { open: sessions, locks } = await leftOf(open.target);
    expect([sessions, locks > 0]).toEqual([1, true]);
  }

  it('whose function throws', async () => {
    const failing = open.db.transaction(async (tx) => {
      await whileOpen(tx);
      throw new Error('own');
    });
    expect(await codeOf(failing)).toBe('own');
    await nothingLeft(open.target);
    expect(await rows()).toEqual([0]);
  });

  it('whose function throws before it awaits what it asked for', async () => {
    const late: Promise<string>[] = [];
    const failing = open.db.transaction(async (tx) => {
      await whileOpen(tx);
      late.push(codeOf(tx.query('select pg_sleep(0.3)')), codeOf(update(tx, 10)));
      throw new Error('own');
    });
    expect(await codeOf(failing)).toBe('own');
    await nothingLeft(open.target);
    await Promise.all(late);
    expect(await rows()).toEqual([0]);
    expect(uncaught).toEqual([]);
  });

  it('whose function returns early, with statements that nobody awaits: they run before COMMIT, or are refused', async () => {
    const late: Promise<string>[] = [];
    await open.db.transaction(async (tx) => {
      await whileOpen(tx);
      late.push(codeOf(update(tx, 10)), codeOf(update(tx, 100)));
      setImmediate(() => late.push(codeOf(update(tx, 1_000)), codeOf(open.db.query('select 1'))));
    });
    await nothingLeft(open.target);
    await eventually(1_000, () => late.length === 4);
    expect((await Promise.all(late)).slice(0, 3)).toEqual(['ok', 'ok', 'DB_TX_CLOSED']);
    expect(await rows()).toEqual([111]);
    expect(uncaught).toEqual([]);
  });

  it('whose function forgot an await on a statement that fails: nothing uncaught, nothing half done', async () => {
    const told = codeOf(
      open.db.transaction(async (tx) => {
        await whileOpen(tx);
        tx.query('select 1 / 0').catch(() => {});
      }),
    );
    expect(await told).toBe('DB_TX_ROLLED_BACK');
    await nothingLeft(open.target);
    expect(await rows()).toEqual([0]);
  });

  it('whose function throws while a long statement of it runs that nobody awaits: it is cut', async () => {
    const late: Promise<string>[] = [];
    const failing = open.db.transaction(async (tx) => {
      await whileOpen(tx);
      late.push(codeOf(tx.query('select pg_sleep(30)')), codeOf(update(tx, 10)));
      await eventually(2_000, async () => (await leftOf(open.target)).open === 0); // it runs
      throw new Error('own');
    });
    expect(await codeOf(failing)).toBe('own');
    await nothingLeft(open.target);
    expect(await Promise.all(late)).toEqual(['DB_TX_CLOSED', 'DB_TX_CLOSED']);
    expect(await rows()).toEqual([0]);
  });

  it.each(['returns', 'throws'])('whose function %s as it calls a savepoint and does not await it', async (how) => {
    let late: Promise<string> | undefined;
    const told = codeOf(
      open.db.transaction(async (tx) => {
        await whileOpen(tx);
        late = codeOf(tx.transaction((nested) => update(nested, 10)));
        if (how === 'throws') throw new Error('own');
      }),
    );
    expect(await told).toBe(how === 'throws' ? 'own' : 'ok');
    expect(await late).toBe('DB_TX_CLOSED');
    await nothingLeft(open.target);
    // Nothing of it outside of the transaction either.
    expect(await rows()).toEqual([how === 'throws' ? 0 : 1]);
    expect(uncaught).toEqual([]);
  });

  it.each(['returns', 'throws'])(
    'whose function %s in the midst of a savepoint that it does not await',
    async (how) => {
      let late: Promise<string> | undefined;
      const told = codeOf(
        open.db.transaction(async (tx) => {
          await whileOpen(tx);
          await new Promise<void>((inside) => {
            const nested = tx.transaction(async (inner) => {
              await update(inner, 10);
              inside();
              await new Promise((resolve) => setTimeout(resolve, 50));
              await update(inner, 100);
            });
            late = codeOf(nested);
          });
          if (how === 'throws') throw new Error('own');
        }),
      );
      expect(await told).toBe(how === 'throws' ? 'own' : 'ok');
      // All of it, before COMMIT, or nothing.
      expect(await late).toBe(how === 'throws' ? 'DB_TX_CLOSED' : 'ok');
      await nothingLeft(open.target);
      expect(await rows()).toEqual([how === 'throws' ? 0 : 111]);
      expect(uncaught).toEqual([]);
    },
  );

  it('whose function never ends: its time does', async () => {
    const hanging = open.db.transaction(
      async (tx) => {
        await whileOpen(tx);
        await new Promise(() => {});
      },
      { timeoutMs: 500 },
    );
    expect(await codeOf(hanging)).toBe('DB_DEADLINE');
    await nothingLeft(open.target);
    expect(await rows()).toEqual([0]);
  });

  it('whose caller gave up', async () => {
    const leaving = new AbortController();
    const given = open.db.transaction(
      async (tx) => {
        await whileOpen(tx);
        setTimeout(() => leaving.abort(), 20);
        await tx.query('select pg_sleep(30)');
      },
      { signal: leaving.signal },
    );
    expect(await codeOf(given)).toBe('DB_CANCELLED');
    await nothingLeft(open.target);
    expect(await rows()).toEqual([0]);
  });
});

describe.each([0, 1])('with Workers: %i, nothing is left of a process', (Workers) => {
  let target: TestDatabase;
  let child: TransactionProcess | undefined;
  beforeEach(async () => {
    target = await createTestDatabase();
    await superQuery(`create table t (n int); grant all on t to ${target.user}`, target.database);
  });
  afterEach(async () => {
    await child?.kill();
    await target.drop();
  });

  const start = ({ exit = false, idle = true } = {}): Promise<TransactionProcess> =>
    TransactionProcess.start({
      databases: { Workers, Connections: { Main: connectionOf(target) } },
      statement: 'insert into t values (1)',
      sleepMs: 60_000,
      idle,
      exit,
    });
  const stored = (): Promise<unknown[]> => superQuery('select n from t', target.database);
  const sessions = async (): Promise<number> =>
    (await superQuery(`select from pg_stat_activity where usename = '${target.user}'`)).length;

  it('that was killed in the midst of a transaction', async () => {
    child = await start();
    await eventually(2_000, async () => (await leftOf(target)).open === 1);
    await child.kill();
    await nothingLeft(target);
    expect([await sessions(), await stored()]).toEqual([0, []]);
  });

  it('that was killed in the midst of a long statement of it', async () => {
    child = await start({ idle: false });
    const asleep = `select from pg_stat_activity where usename = '${target.user}' and query like '%pg_sleep%' and state = 'active'`;
    await eventually(2_000, async () => (await superQuery(asleep)).length === 1);
    expect((await leftOf(target)).locks).toBeGreaterThan(0);
    await child.kill();
    await nothingLeft(target);
    expect([await sessions(), await stored()]).toEqual([0, []]);
  });

  it('that called process.exit() in the midst of a transaction', async () => {
    child = await start({ exit: true });
    expect(await child.ended).toEqual({ code: 3, signal: null });
    await nothingLeft(target);
    expect([await sessions(), await stored()]).toEqual([0, []]);
  });
});

describe.each([0, 1])('with Workers: %i, how often the server looks for its client', (Workers) => {
  const looks = ({ db }: OpenModule): Promise<unknown> =>
    db.one("select current_setting('client_connection_check_interval') as every");

  it('is each half second, also after a borrower has left settings behind', async () => {
    const open = await openModule({ databases: { Workers }, connection: { MaxConnections: 1 } });
    expect(await looks(open)).toEqual({ every: '500ms' });
    await open.db.using((lease) => lease.query('set search_path to pg_catalog'));
    expect(await open.db.one("select current_setting('search_path') <> 'pg_catalog' as clean")).toEqual({
      clean: true,
    });
    expect(await looks(open)).toEqual({ every: '500ms' });
    await open.close();
  });

  it('is what the role says, where it says so', async () => {
    const open = await openModule({ databases: { Workers, Startup: 'lazy' } });
    await superQuery(`alter role ${open.target.user} set client_connection_check_interval = '3s'`);
    expect(await looks(open)).toEqual({ every: '3s' });
    await open.close();
  });
});
