// withLock: one at a time, over connections and services; lost with its session; free at its end.
import { afterEach, describe, expect, it } from '@jest/globals';
import { connectionOf, openModule, type OpenModule } from '../support/module.js';
import { superQuery } from '../support/server.js';
import { eventually } from '../support/eventually.js';

let open: OpenModule;
afterEach(() => open.close());

const held = async (): Promise<number> =>
  (
    await superQuery(
      `select 1 from pg_locks l join pg_database d on d.oid = l.database where l.locktype = 'advisory' and l.granted and d.datname = '${open.target.database}'`,
    )
  ).length;

describe.each([0, 1])('with Workers: %i', (Workers) => {
  it('one at a time runs what asks for one name, over two pools; another name is free', async () => {
    open = await openModule({ databases: { Workers } });
    const other = await open.manager.add('Other', connectionOf(open.target));
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await open.db.query('select pg_sleep(0.01)');
      inside--;
    };
    await Promise.all([1, 2, 3, 4].flatMap(() => [open.db.withLock('import', work), other.withLock('import', work)]));
    expect(most).toBe(1);
    await open.db.withLock('import', async () => other.withLock('export', work));
    expect(await held()).toBe(0);
  });

  it('with wait: false says at once that another has it; shared ones have it together', async () => {
    open = await openModule({ databases: { Workers } });
    const { db } = open;
    await db.withLock('x', async () => {
      await expect(db.withLock('x', async () => 1, { wait: false })).rejects.toMatchObject({ code: 'DB_LOCK_TIMEOUT' });
    });
    const both = await db.withLock('x', async () => db.withLock('x', async () => 2, { wait: false, shared: true }), {
      shared: true,
    });
    expect(both).toBe(2);
  });

  it('is free after an error of the function, and not waited for beyond LockTimeoutMs', async () => {
    open = await openModule({ databases: { Workers }, connection: { LockTimeoutMs: 100 } });
    const { db } = open;
    await expect(db.withLock('x', () => Promise.reject(new Error('own')))).rejects.toThrow('own');
    expect(await held()).toBe(0);
    await db.withLock('x', async () => {
      await expect(db.withLock('x', async () => 1)).rejects.toMatchObject({ code: 'DB_LOCK_TIMEOUT' });
    });
  });

  it('tells its function when its session is lost', async () => {
    open = await openModule({ databases: { Workers } });
    const { db, target } = open;
    await db.withLock('x', async ({ signal }) => {
      expect(signal.aborted).toBe(false);
      await superQuery(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${target.database}'`);
      await eventually(2_000, () => signal.aborted);
    });
    expect(await db.withLock('x', async () => 1, { wait: false })).toBe(1);
  });
});
