// The pool's answers to a real server that refuses, is full, or does not answer; and to a borrower who forgets.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseError, getDatabaseToken, type Database } from '@hydrogen/database';
import type { ConnectionConfig } from '@hydrogen/config';
import type { EmbeddedServer } from '@hydrogen/embedded';
import { CapturedLog } from '../support/captured-log.js';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, startOwnServer, superQuery, type TestDatabase } from '../support/server.js';
import { startTap, type TcpTap } from '../support/tcp-tap.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function testDatabase(server?: EmbeddedServer): Promise<TestDatabase> {
  const target = await (server ? createTestDatabase('pool', server) : createTestDatabase('pool'));
  closing.push(() => target.drop());
  return target;
}

/** Nest's logger is one for all modules of a process, so its lines are too. */
const log = new CapturedLog();
beforeEach(() => void log.lines.splice(0));

async function open(connection: ConnectionConfig): Promise<OpenDatabases & { readonly db: Database }> {
  const opened = await compileDatabases({ Workers: 0, Startup: 'lazy', Connections: { Main: connection } }, { log });
  closing.push(() => opened.module.close());
  await opened.module.init();
  return { ...opened, db: opened.module.get<Database>(getDatabaseToken('Main')) };
}

async function outcomeOf(promise: Promise<unknown>): Promise<DatabaseError | 'ok'> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
}

const codeOf = (outcome: DatabaseError | 'ok'): string => (outcome === 'ok' ? 'ok' : outcome.code);

describe('a wrong password', () => {
  async function wrongPassword(): Promise<{ db: Database; tap: TcpTap; target: TestDatabase }> {
    const target = await testDatabase();
    const tap = await startTap(target);
    closing.push(() => tap.close());
    const Circuit = { WindowMs: 1000 };
    const { db } = await open(connectionOf(target, { Port: tap.port, MaxConnections: 10, Circuit }));
    await superQuery(`alter role ${target.user} password 'another'`);
    return { db, tap, target };
  }

  it('is one login a window for 100 callers, each of whom is answered at once; and the right one serves again', async () => {
    const { db, tap, target } = await wrongPassword();
    const startedAt = performance.now();
    const first = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(db.query('select 1'))));
    expect([...new Set(first.map(codeOf))]).toEqual(['DB_AUTH_FAILED']);
    expect(tap.sent).toHaveLength(1);
    let later = 0;
    for (; performance.now() - startedAt < 900; later++) {
      // At once: before the event loop has turned, so nobody and nothing was asked.
      const turned = new Promise<'turned'>((resolve) => setImmediate(() => resolve('turned')));
      const error = await Promise.race([outcomeOf(db.query('select 1')), turned]);
      expect(error).toMatchObject({ code: 'DB_CIRCUIT_OPEN', retryable: false, cause: { code: 'DB_AUTH_FAILED' } });
      expect((error as DatabaseError).retryAfterMs).toBeGreaterThan(0);
      await delay(10);
    }
    expect(later).toBeGreaterThan(20);
    expect(tap.sent).toHaveLength(1);
    await superQuery(`alter role ${target.user} password '${target.password}'`);
    await eventually(2000, async () => codeOf(await outcomeOf(db.query('select 1'))) === 'ok');
    expect(tap.sent.length).toBeLessThanOrEqual(3);
  });

  it('does not touch those whom an open connection can serve', async () => {
    const { db, tap, target } = await wrongPassword();
    await superQuery(`alter role ${target.user} password '${target.password}'`);
    const lease = await db.acquire();
    await superQuery(`alter role ${target.user} password 'another'`);
    const waiting = outcomeOf(db.query('select 1'));
    await eventually(2000, () => tap.sent.length === 2);
    await delay(50);
    await lease.release();
    expect(codeOf(await waiting)).toBe('ok');
    for (let n = 0; n < 20; n++) expect(codeOf(await outcomeOf(db.query('select 1')))).toBe('ok');
  });
});

describe('a server with max_connections 20', () => {
  it('serves 300 queries of a pool of 100 without a failure, and the pool finds the room that comes', async () => {
    const server = await startOwnServer({ settings: { max_connections: '20', superuser_reserved_connections: '3' } });
    closing.push(() => server.close());
    const target = await testDatabase(server);
    const { db } = await open(connectionOf(target, { MaxConnections: 100, AcquireTimeoutMs: 15_000 }));
    const others = await open(connectionOf(target, { MaxConnections: 10 }));
    const held = await Promise.all(Array.from({ length: 10 }, () => others.db.acquire()));
    const lowest = { ceiling: 100 };
    const watching = setInterval(() => (lowest.ceiling = Math.min(lowest.ceiling, db.pool.stats().ceiling)), 5);
    const queries = Array.from({ length: 300 }, (_, n) =>
      n % 2 === 0
        ? outcomeOf(db.transaction((tx) => tx.query('select pg_sleep(0.02)')))
        : outcomeOf(db.query('select pg_sleep(0.02)')),
    );
    const outcomes = (await Promise.all(queries)).map(codeOf);
    expect(outcomes.filter((code) => code !== 'ok')).toEqual([]);
    expect(lowest.ceiling).toBeGreaterThanOrEqual(1);
    expect(lowest.ceiling).toBeLessThanOrEqual(8);
    expect(log.lines.filter((line) => line.includes('has room for'))).toHaveLength(1);
    for (const lease of held) await lease.release();
    await others.module.close();
    const sixteen = await Promise.all(Array.from({ length: 16 }, () => db.acquire()));
    clearInterval(watching);
    for (const lease of sixteen) await lease.release();
  }, 60_000);

  it('that has no room for a single one says so at the deadline', async () => {
    const server = await startOwnServer({ settings: { max_connections: '5', superuser_reserved_connections: '3' } });
    closing.push(() => server.close());
    const target = await testDatabase(server);
    const others = await open(connectionOf(target, { MaxConnections: 2 }));
    // Held in hand to the end: a lease that is dropped is taken back.
    const held = await Promise.all([others.db.acquire(), others.db.acquire()]);
    const { db } = await open(connectionOf(target, { MaxConnections: 4, AcquireTimeoutMs: 1000 }));
    const error = await outcomeOf(db.query('select 1'));
    expect(error).toMatchObject({ code: 'DB_CONNECT_FAILED', sqlState: '53300', retryable: true });
    expect(db.pool.stats().ceiling).toBeLessThan(4);
    // An attempt may be under way at the deadline: it is refused too, and none follows it for nobody.
    await eventually(2000, () => db.pool.stats().total === 0);
    for (const lease of held) await lease.release();
  }, 60_000);
});

describe('a connect that is swallowed', () => {
  it('costs half a second and not its timeout: a second one is made beside it', async () => {
    const target = await testDatabase();
    const sockets: Socket[] = [];
    let connects = 0;
    const proxy = createServer((client) => {
      sockets.push(client.on('error', () => {}));
      if (connects++ === 0) return void client.resume();
      const upstream = connect(target.port, target.host).on('error', () => {});
      sockets.push(upstream);
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });
    const { port } = proxy.address() as AddressInfo;
    const { db } = await open(connectionOf(target, { Port: port, MaxConnections: 4, ConnectTimeoutMs: 5000 }));
    const startedAt = performance.now();
    await db.query('select 1');
    const took = performance.now() - startedAt;
    expect(took).toBeGreaterThan(480);
    expect(took).toBeLessThan(1500);
    expect(db.pool.stats()).toMatchObject({ total: 2, connecting: 1 });
  });
});

describe('a connection past its lifetime while it is lent', () => {
  it('is left to its borrower, and replaced when it comes back', async () => {
    const target = await testDatabase();
    const { db } = await open(connectionOf(target, { MaxConnections: 1, MaxLifetimeMs: 200, LifetimeJitter: 0 }));
    const lease = await db.acquire();
    const own = await lease.one('select pg_backend_pid() as pid');
    await delay(300);
    expect(await lease.one('select pg_backend_pid() as pid')).toEqual(own);
    await lease.release();
    expect(await db.one('select pg_backend_pid() as pid')).not.toEqual(own);
  });
});

describe('a lease that is dropped without a word', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;

  it('is taken back when it has been garbage-collected: its connection is closed, and the log says who acquired it', async () => {
    const target = await testDatabase();
    const { db } = await open(connectionOf(target, { MaxConnections: 1, AcquireTimeoutMs: 5000 }));
    async function forgetful(): Promise<void> {
      const lease = await db.acquire();
      await lease.query('begin');
    }
    await forgetful();
    const [session] = await superQuery(`select pid from pg_stat_activity where usename = '${target.user}'`);
    await eventually(5000, () => {
      gc();
      return db.pool.stats().reclaimed === 1;
    });
    expect(await db.one('select pg_backend_pid() as pid')).not.toEqual(session);
    const said = log.lines.filter((line) => line.includes('dropped without release()'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('forgetful');
    expect(db.pool.stats()).toMatchObject({ total: 1, reclaimed: 1 });
  });

  it('is not taken from one who still works with it, however often memory is cleaned up', async () => {
    const { db } = await open(connectionOf(await testDatabase(), { MaxConnections: 1 }));
    const running = (await db.acquire()).query('select pg_sleep(0.3)');
    for (let n = 0; n < 10; n++) {
      gc();
      await delay(20);
    }
    expect(codeOf(await outcomeOf(running))).toBe('ok');
    await eventually(5000, () => {
      gc();
      return db.pool.stats().leased === 0;
    });
  });
});
