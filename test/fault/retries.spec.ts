// Connections that die under work that may be done twice: its callers hear nothing. What may not be done twice is told, once.
import { afterEach, describe, expect, it } from '@jest/globals';
import { DatabaseError } from '@hydrogen/database';
import { openModule, type OpenModule } from '../support/module.js';
import { superQuery } from '../support/server.js';

let open: OpenModule;
afterEach(() => open.close());

const CALLERS = 32;
const KILLS = 60;

describe.each([0, 1])('with Workers: %i', (Workers) => {
  it('a backend killed each 50 ms under 32 callers: no error of what may be run again, each write done', async () => {
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 10 } });
    const { db, target } = open;
    await db.query('create table done (id int primary key, n int not null)');
    let over = false;
    const errors: string[] = [];
    const counts = Array.from({ length: CALLERS }, () => 0);
    const callers = Array.from({ length: CALLERS }, async (_, id) => {
      while (!over) {
        try {
          const n = (counts[id] ?? 0) + 1;
          const upsert = 'insert into done values ($1, $2) on conflict (id) do update set n = excluded.n';
          await db.query(upsert, [id, n], { idempotent: true });
          const { rows } = await db.query('select n from done where id = $1', [id], { readOnly: true });
          if (rows[0]?.['n'] !== n) errors.push(`read ${String(rows[0]?.['n'])}, wrote ${n}`);
          counts[id] = n;
        } catch (error) {
          errors.push(error instanceof DatabaseError ? `${error.code}: ${error.message}` : String(error));
        }
      }
    });
    let killed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const rows = await superQuery(
        `select pg_terminate_backend(pid) as ok from pg_stat_activity where datname = '${target.database}' order by random() limit 1`,
      );
      killed += rows.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    over = true;
    await Promise.all(callers);
    expect(errors).toEqual([]);
    expect(killed).toBeGreaterThan(KILLS / 2);
    const { granted, refused } = open.manager.stats()['Main']!.retries;
    expect([granted > 0, refused]).toEqual([true, 0]);
    const stored = await db.query('select n from done order by id');
    expect(stored.rows.map(({ n }) => n)).toEqual(counts);
  }, 60_000);

  it('a write without that word is told, once, as in doubt', async () => {
    open = await openModule({ databases: { Workers }, connection: { MaxConnections: 2 } });
    const { db, target } = open;
    await db.query('create table once (n int)');
    const sent = db.query('insert into once select 1 from pg_sleep(30)');
    const outcome = sent.then(
      () => undefined,
      (error: unknown) => error as DatabaseError,
    );
    let killed = 0;
    while (killed === 0) {
      const rows = await superQuery(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${target.database}' and query like 'insert%' and state = 'active'`,
      );
      killed = rows.length;
    }
    expect(await outcome).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: true, retryable: false });
    expect(open.manager.stats()['Main']!.retries.granted).toBe(0);
  });
});
