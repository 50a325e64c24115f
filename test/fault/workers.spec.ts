// A worker that dies, in every way a thread can: what it owed is settled, what its sessions held is free, another one is
// there, and the process lives. The databases are assembled by hand, for only a test's worker does as it is told.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadHydrogenConfig } from '@hydrogen/config';
import { DatabaseError, type Database } from '@hydrogen/database';
import { DatabaseManager } from '../../libs/database/src/database-manager.js';
import { PostgresConnector } from '../../libs/database/src/postgres/postgres-connector.js';
import { WorkerSupervisor } from '../../libs/database/src/worker/worker-supervisor.js';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';

/** How long after the death was seen a promise may stay open. */
const SETTLE_MS = 100;
const LOCKS_FREE_MS = 1_000;
/** Connections, and so statements at the server. */
const CALLERS = 6;

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
let target: TestDatabase;
let manager: DatabaseManager;
let worker: WorkerSupervisor;
let db: Database;
/** When the supervisor said that its thread is dead. */
let deadAt: number;

beforeEach(async () => {
  uncaught.length = 0;
  process.on('uncaughtException', note).on('unhandledRejection', note);
  target = await createTestDatabase();
  deadAt = 0;
  const warn = (message: string): void => {
    if (/worker:1/.test(message)) deadAt ||= performance.now();
  };
  worker = new WorkerSupervisor(1, warn, { faults: true, resourceLimits: { maxOldGenerationSizeMb: 48 } });
  const Main = connectionOf(target, { MaxConnections: CALLERS });
  const { config } = loadHydrogenConfig({ config: { Placement: 'worker', Connections: { Main } }, env: {} });
  manager = new DatabaseManager({
    settings: config.Databases,
    startup: 'fail-fast',
    inline: new PostgresConnector('inline'),
    workers: [worker],
    log: { log: () => {}, warn },
    configReport: () => [],
  });
  await manager.start();
  db = manager.get('Main');
});
afterEach(async () => {
  await manager.close();
  await target.drop();
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

async function locks(): Promise<number> {
  const [row] = await superQuery(
    `select count(*)::int as n from pg_locks l join pg_database d on d.oid = l.database
     where locktype = 'advisory' and datname = '${target.database}'`,
  );
  return row?.['n'] as number;
}

interface Outcome {
  readonly error: DatabaseError;
  readonly at: number;
}

describe('a worker that', () => {
  it.each(['throw', 'reject', 'exit', 'memory', 'loop'] as const)(
    'dies by %s owes nobody an answer, holds no lock, and is replaced',
    async (fault) => {
      const lease = await db.acquire();
      await lease.query('select pg_advisory_lock(7)');
      const pending: Promise<Outcome>[] = [];
      const watch = (call: Promise<unknown>): void =>
        void pending.push(
          call.then(
            () => {
              throw new Error('expected a rejection');
            },
            (error: unknown) => ({ error: error as DatabaseError, at: performance.now() }),
          ),
        );
      watch(lease.query('select pg_sleep(60)'));
      for (let n = 1; n < CALLERS; n++) watch(db.query('select pg_sleep(60), $1::int', [n]));
      const own = (): Promise<Record<string, unknown>[]> =>
        superQuery(`select 1 from pg_stat_activity where usename = '${target.user}' and query like '%pg_sleep%'`);
      await eventually(5000, async () => (await own()).length === CALLERS);
      expect(await locks()).toBe(1);

      worker.fault(fault);
      for (const { error, at } of await Promise.all(pending)) {
        expect(error).toMatchObject({ code: 'DB_WORKER_LOST', inDoubt: true, retryable: false });
        expect(at - deadAt).toBeLessThan(SETTLE_MS);
      }
      await eventually(LOCKS_FREE_MS, async () => (await locks()) === 0);
      await eventually(5000, async () => (await db.one('select 1 as n').catch(() => ({ n: 0 }))).n === 1);
      expect(worker.stats()).toMatchObject({ restarts: 1, quarantined: false });
      expect(uncaught).toEqual([]);
      void lease.release();
    },
    60_000,
  );
});
