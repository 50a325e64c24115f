// How connections end, as the server and the process see it: with a goodbye, and with nothing left behind.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '@hydrogen/database';
import type { EmbeddedServer } from '@hydrogen/embedded';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, startOwnServer, type TestDatabase } from '../support/server.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../support/open-and-close.js', import.meta.url));

describe('a connection that is closed', () => {
  let server: EmbeddedServer;
  let target: TestDatabase;
  // A lost client outside of a transaction is told on this level only.
  beforeAll(async () => {
    server = await startOwnServer({ settings: { log_min_messages: 'debug1', log_disconnections: 'on' } });
    target = await createTestDatabase('closing', server);
  });
  afterAll(() => server.close());

  const serverLog = async (): Promise<string> => {
    for (let folder = server.dataFolder; ; folder = dirname(folder)) {
      const text = await readFile(join(folder, 'postgres.log'), 'utf8').catch(() => undefined);
      if (text !== undefined) return text;
      if (folder === dirname(folder)) throw new Error('the server has no log');
    }
  };

  const goodbyes = async (): Promise<number> =>
    (await serverLog()).split('\n').filter((line) => line.includes('disconnection') && line.includes(target.user))
      .length;

  it.each([0, 1])(
    'says goodbye: idle, shared, leased, in a transaction and while it works (Workers: %i)',
    async (Workers) => {
      const before = await goodbyes();
      const { module, manager } = await compileDatabases({
        Workers,
        Placement: Workers > 0 ? 'worker' : 'inline',
        ShutdownTimeoutMs: 300,
        Connections: { Main: connectionOf(target, { MinConnections: 5, MaxConnections: 5 }) },
      });
      await module.init();
      const db = manager.get('Main');
      await db.query('select 1');
      await db.query('select 1');
      await db.acquire();
      const cut = [
        db.transaction((tx) => tx.query('select pg_sleep(60)')),
        db.query('select pg_sleep(60)'),
        db.using(async (lease) => {
          await lease.query('begin');
          await new Promise((resolve) => setTimeout(resolve, 600));
        }),
      ];
      const ended = Promise.allSettled(cut);
      await eventually(2_000, () => db.inflight().filter(({ state }) => state === 'sent').length === 2);
      await module.close();
      await ended;
      await eventually(3_000, async () => (await goodbyes()) - before >= 5);
      expect((await serverLog()).match(/.*(?:unexpected EOF|could not receive data from client).*/g)).toBeNull();
    },
    30_000,
  );
});

describe('a database that is drained', () => {
  let target: TestDatabase;
  let open: OpenDatabases;
  let db: Database;
  beforeEach(async () => {
    target = await createTestDatabase();
    open = await compileDatabases({ Workers: 0, Connections: { Main: connectionOf(target) } });
    await open.module.init();
    db = open.manager.get('Main');
    await db.listen('news', () => {});
  });
  afterEach(async () => {
    await open.module.close();
    await target.drop();
  });

  it('does not wait for its listener, and does not listen again', async () => {
    const began = performance.now();
    await db.pool.drain(5_000);
    expect(performance.now() - began).toBeLessThan(1_000);
    await delay(500);
    expect(open.log.text).not.toContain('LISTEN');
  });

  it('cuts a transaction between two statements at the end of the time', async () => {
    const never = new Promise<void>(() => {});
    const cut = db
      .transaction(async (tx) => {
        await tx.query('select 1');
        await never;
      })
      .catch((error: unknown) => (error as { code?: unknown }).code);
    await eventually(2_000, () => db.pool.stats().leased === 2 && db.inflight().length === 0);
    await db.pool.drain(300);
    expect(await cut).toBe('DB_CLOSING');
  });
});

describe('an application that is closed', () => {
  it('leaves no handle, and two hundred of them no memory', async () => {
    const target = await createTestDatabase();
    const argument = JSON.stringify({ connection: connectionOf(target), warmUp: 50, cycles: 200 });
    const { stdout } = await run(process.execPath, ['--expose-gc', PROGRAM, argument], { timeout: 100_000 });
    const { grownBytes, left } = JSON.parse(stdout) as { grownBytes: number; left: string[] };
    await target.drop();
    expect(left).toEqual([]);
    expect(grownBytes).toBeLessThan(10e6);
  }, 120_000);
});
