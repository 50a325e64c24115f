// SIGTERM while a transaction is open, to a process of its own: what can end in the time of the drain is committed, what cannot is
// undone at its end and told so, and the process ends in order either way.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';
import { TransactionProcess } from '../support/transaction-process.js';

const SHUTDOWN_MS = 3_000;
/** For the end of a process on a slow machine. */
const SLACK_MS = 2_000;

describe.each([0, 1])('with Workers: %i, SIGTERM', (Workers) => {
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

  /** SIGTERM as soon as the transaction is open. */
  async function terminated(sleepMs: number, idle: boolean): Promise<{ lines: readonly string[]; tookMs: number }> {
    child = await TransactionProcess.start({
      databases: { Workers, ShutdownTimeoutMs: SHUTDOWN_MS, Connections: { Main: connectionOf(target) } },
      statement: 'insert into t values (1)',
      sleepMs,
      idle,
    });
    const startedAt = performance.now();
    child.signal('SIGTERM');
    expect(await child.ended).toEqual({ code: 0, signal: null });
    return { lines: child.lines, tookMs: performance.now() - startedAt };
  }
  const stored = (): Promise<unknown[]> => superQuery('select n from t', target.database);
  const sessions = async (): Promise<number> =>
    (await superQuery(`select from pg_stat_activity where usename = '${target.user}'`)).length;

  it.each([
    ['in a statement', false],
    ['between two statements', true],
  ])(
    'in a transaction of 2 s, %s: it is committed, new work is refused',
    async (_, idle) => {
      const { lines, tookMs } = await terminated(2_000, idle);
      expect(lines).toEqual(['open', 'new work DB_CLOSING', 'committed']);
      expect(tookMs).toBeLessThan(SHUTDOWN_MS + SLACK_MS);
      expect([await stored(), await sessions()]).toEqual([[{ n: 1 }, { n: 1 }], 0]);
    },
    30_000,
  );

  it.each([
    ['in a statement', false],
    ['between two statements', true],
  ])(
    'in a transaction of 60 s, %s: it is cancelled and undone at the end of the drain, and its caller told',
    async (_, idle) => {
      const { lines, tookMs } = await terminated(60_000, idle);
      expect(lines).toEqual(['open', 'new work DB_CLOSING', 'refused DB_CLOSING']);
      expect(tookMs).toBeGreaterThan(SHUTDOWN_MS - 100);
      expect(tookMs).toBeLessThan(SHUTDOWN_MS + SLACK_MS);
      await eventually(1_000, async () => (await sessions()) === 0);
      expect(await stored()).toEqual([]);
    },
    30_000,
  );
});
