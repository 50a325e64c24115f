// What an operator can see of a running database: events on a call's way, calls that are under way, connections, counters
// and the lines in the log; on a real server.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  getDatabaseToken,
  onDatabaseEvents,
  type Database,
  type LifecycleEvent,
  type LifecycleEvents,
} from '@hydrogen/database';
import type { ConnectionConfig, DatabasesConfig } from '@hydrogen/config';
import type { EmbeddedServer } from '@hydrogen/embedded';
import { CapturedLog } from '../support/captured-log.js';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, startOwnServer, superQuery, type TestDatabase } from '../support/server.js';

let target: TestDatabase;
beforeAll(async () => void (target = await createTestDatabase()));
afterAll(() => target.drop());

const opened: OpenDatabases[] = [];
afterEach(async () => {
  for (const { module } of opened.splice(0)) await module.close();
});

interface Opened extends OpenDatabases {
  readonly db: Database;
}

async function open(more: ConnectionConfig = {}, databases: Partial<DatabasesConfig> = {}): Promise<Opened> {
  const config = { Workers: 0, ...databases, Connections: { Main: connectionOf(target, more) } };
  const each = await compileDatabases(config, { log: new CapturedLog() });
  opened.push(each);
  await each.module.init();
  return { ...each, db: each.module.get<Database>(getDatabaseToken('Main')) };
}

interface Told {
  readonly event: LifecycleEvent;
  readonly id: number | undefined;
  readonly message: LifecycleEvents[LifecycleEvent];
}

/** All events until `stop`. */
function listen(): { readonly told: Told[]; stop(): void } {
  const told: Told[] = [];
  const stop = onDatabaseEvents((event, message) => {
    told.push({ event, id: 'id' in message ? message.id : undefined, message });
  });
  return { told, stop };
}

describe('events of a connection’s way', () => {
  it('come in the order of the seed’s eight arrows with one number, for a connection that has to be opened', async () => {
    const { db } = await open({}, { Startup: 'lazy' });
    const { told, stop } = listen();
    await db.using((lease) => lease.query('select 1 as one'));
    stop();
    expect(told.map(({ event }) => event)).toEqual([
      'request',
      'acquire',
      'connect',
      'ready',
      'grant',
      'provide',
      'execute',
      'result',
      'release',
      'return',
    ]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    const pids = told.flatMap(({ message }) => ('connection' in message ? [message.connection.pid] : []));
    expect(new Set(pids).size).toBe(1);
  });

  it('tell of an idle connection that it is reused, and of a transaction every statement', async () => {
    const { db } = await open();
    const { told, stop } = listen();
    await db.transaction((tx) => tx.query('select $1::text', ['a secret parameter']));
    stop();
    expect(told.map(({ event }) => event)).toEqual([
      'request',
      'acquire',
      'reuse',
      'ready',
      'grant',
      'provide',
      'execute',
      'result',
      'execute',
      'result',
      'release',
      'return',
    ]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(JSON.stringify(told)).not.toContain('a secret parameter');
    expect(told.filter(({ event }) => event === 'execute').map(({ message }) => message)).toMatchObject([
      { text: 'select $1::text', shared: false },
      { text: 'commit' },
    ]);
  });

  it('tell of a single statement on a connection of its own, on a shared one, and of its error', async () => {
    const { db } = await open({ MinConnections: 2 });
    const { told, stop } = listen();
    // By the caller's word, for what a measurement says depends on the machine.
    await db.query('select 2 as two', [], { lane: 'fast' });
    await db.query('selct').catch(() => {});
    stop();
    const ids = [...new Set(told.map(({ id }) => id))];
    const ways = ids.map((id) => told.filter((each) => each.id === id).map(({ event }) => event));
    expect(ways).toHaveLength(2);
    expect(ways[0]).toEqual(['request', 'execute', 'result']);
    expect(ways[1]).toEqual([
      'request',
      'acquire',
      'reuse',
      'ready',
      'grant',
      'provide',
      'execute',
      'result',
      'release',
      'return',
    ]);
    expect(told.filter(({ event }) => event === 'result').at(-1)?.message).toMatchObject({ code: 'DB_SYNTAX' });
  });

  it('tell of a connection that died by itself, once each, and the log says the first', async () => {
    const { db, log } = await open({ MinConnections: 2 });
    const pids = db.pool.stats().connections.map(({ pid }) => pid);
    const { told, stop } = listen();
    await superQuery(`select pg_terminate_backend(pid) from pg_stat_activity where pid in (${pids.join(', ')})`);
    await eventually(3_000, () => told.filter(({ event }) => event === 'close').length === 2);
    stop();
    const lost = told.filter(({ event }) => event === 'lost').map(({ message }) => message);
    expect(lost).toHaveLength(2);
    // The second may be found by the proof that the first one's death makes the pool ask for.
    expect(lost[0]).toMatchObject({ database: 'Main', code: 'DB_CONNECTION_LOST', sqlState: '57P01' });
    expect(lost[1]).toMatchObject({ database: 'Main', code: 'DB_CONNECTION_LOST' });
    const lines = log.lines.filter((line) => line.includes('lost a connection'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^warn: Main: lost a connection: connection lost \(.*\) \(session \d+, DB_CONNECTION_LOST\)/,
    );
  });

  it('tell of a resize, which the figures show and the log says', async () => {
    const { db, log } = await open({ MinConnections: 1, MaxConnections: 3 });
    const { told, stop } = listen();
    db.pool.resize({ max: 8 });
    stop();
    expect(told.map(({ event, message }) => [event, message])).toEqual([
      ['resize', { database: 'Main', min: 1, max: 8 }],
    ]);
    expect(db.pool.stats().max).toBe(8);
    expect(log.lines.filter((line) => line.includes('resized'))).toHaveLength(1);
  });

  it('tell of a connection that ends why it does', async () => {
    const { db, module } = await open();
    const { told, stop } = listen();
    db.pool.recycle();
    opened.pop();
    await module.close();
    stop();
    expect(told.map(({ event, message }) => [event, 'reason' in message && message.reason])).toEqual([
      ['close', 'evicted'],
    ]);
  });
});

describe('inflight()', () => {
  it('lists what waits and what runs, with state, session, time and transaction, and nothing afterwards', async () => {
    const { db } = await open({ MaxConnections: 1 });
    const running = db.transaction((tx) => tx.query('select pg_sleep(0.4), $1::text', ['secret'], { lane: 'slow' }));
    await eventually(2_000, () => db.inflight()[0]?.state === 'sent');
    const waiting = db.query(`select ${'1,'.repeat(100)} 1`, [], { timeoutMs: 5_000 });
    const calls = db.pool.inflight();
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({
      state: 'sent',
      inTransaction: true,
      shared: false,
      lane: 'slow',
      place: 'inline',
    });
    expect(calls[0]?.lease).toBeGreaterThan(0);
    expect(calls[1]).toMatchObject({ state: 'waiting', inTransaction: false, pid: undefined });
    expect(calls[1]?.text).toHaveLength(120);
    expect(calls[1]?.leftMs).toBeGreaterThan(4_000);
    expect(JSON.stringify(calls)).not.toContain('secret');
    const [backend] = await superQuery(`select query from pg_stat_activity where pid = ${calls[0]?.pid}`);
    expect(backend?.['query']).toContain('pg_sleep');
    await Promise.all([running, waiting]);
    expect(db.inflight()).toEqual([]);
  });

  it('lists calls without a deadline, streams, batches and cancelled ones, and forgets every one of them', async () => {
    const { db } = await open({ StatementTimeoutMs: 0, MaxConnections: 4, CancelTimeoutMs: 2_000 });
    const stop = new AbortController();
    const aborted = db.query('select pg_sleep(30)', [], { signal: stop.signal }).catch((error: Error) => error);
    const batch = db.batch(['select pg_sleep(0.2)', 'select 1']);
    await eventually(2_000, () => db.inflight().filter(({ state }) => state === 'sent').length === 2);
    expect(db.inflight().map(({ leftMs }) => leftMs)).toEqual([undefined, undefined]);
    stop.abort();
    expect(db.inflight().map(({ state }) => state)).toContain('cancelling');
    for await (const row of db.stream('select generate_series(1, 100000) as n')) {
      if (Number(row['n']) === 10) {
        expect(db.inflight().map(({ text }) => text)).toContain('select generate_series(1, 100000) as n');
        break;
      }
    }
    await Promise.all([aborted, batch]);
    await db.query('nonsense').catch(() => {});
    await eventually(3_000, () => db.inflight().length === 0);
  });
});

describe('pool.stats()', () => {
  it('shows each connection with its session, holder, prepared statements and bytes', async () => {
    const { db } = await open({ MaxConnections: 3 });
    await db.using(async (lease) => {
      await lease.query('select 1 as n');
      await lease.query('select 1 as n');
      await lease.query('begin');
      const { connections } = db.pool.stats();
      expect(connections[0]).toMatchObject({
        id: 1,
        state: 'leased',
        host: `${target.host}:${target.port}`,
        place: 'inline',
        transaction: 'T',
        idleMs: 0,
        holder: { shared: false },
      });
      expect(connections[0]?.holder?.stack).toContain('observe.spec');
      expect(connections[0]?.prepared).toBeGreaterThan(0);
      expect(connections[0]?.bytesIn).toBeGreaterThan(100);
      const pids = await superQuery(`select pid from pg_stat_activity where usename = '${target.user}'`);
      expect(pids.map(({ pid }) => pid)).toContain(connections[0]?.pid);
      await lease.query('rollback');
    });
    expect(db.pool.stats()).toMatchObject({ name: 'Main', max: 3, leased: 0, connections: [{ state: 'idle' }] });
  });

  it('counts acquires, waits, timeouts by step and times, since the start', async () => {
    const { db } = await open({ MaxConnections: 1, AcquireTimeoutMs: 60 });
    const before = db.pool.stats().counters;
    const first = await db.acquire();
    await expect(db.acquire()).rejects.toMatchObject({ code: 'DB_ACQUIRE_TIMEOUT' });
    await first.release();
    const held = await db.acquire();
    const waiter = db.acquire();
    await held.release();
    await (await waiter).release();
    const { counters, times } = db.pool.stats();
    expect(counters.acquires - before.acquires).toBe(3);
    expect(counters.timeouts).toEqual({ wait: 1, connect: 0, validate: 0, reset: 0 });
    expect(counters).toMatchObject({ connects: 1, waits: 2, leaks: 0, connectFailures: {} });
    expect(times.connect).toMatchObject({ count: 1 });
    expect(times.use.maxMs).toBeGreaterThan(50);
    expect(times.use.count).toBe(counters.acquires);
  });
});

describe('what callers do wrong', () => {
  it('is told with the stack of whoever took the connection, and counted: a transaction left open', async () => {
    const { db, log } = await open();
    for (let n = 0; n < 3; n++) await db.using((lease) => lease.query('begin'));
    const lines = log.lines.filter((line) => line.includes('given back inside an open transaction'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^warn: Main: .*, which is rolled back\nError: acquired here\n {4}at [^]*observe\.spec/);
    expect(db.pool.stats().counters.dirtyReleases).toBe(3);
    const [row] = await superQuery(
      `select count(*)::int n from pg_stat_activity where usename = '${target.user}' and state ~ 'in transaction'`,
    );
    expect(row?.['n']).toBe(0);
  });

  it('is told while there is time: a transaction that has used half of its own', async () => {
    const { db, log } = await open();
    expect(db.pool.stats().transactions).toEqual({ open: 0, oldestMs: 0 });
    await db.transaction(
      async (tx) => {
        await tx.query('select 1');
        await eventually(3_000, () => log.text.includes('half of its 1000 ms'));
        expect(db.pool.stats().transactions.open).toBe(1);
        expect(db.pool.stats().transactions.oldestMs).toBeGreaterThan(490);
      },
      { timeoutMs: 1_000 },
    );
    expect(log.text).toMatch(
      /warn: Main: a transaction is open for 5\d\d ms, half of its 1000 ms\nError: acquired here/,
    );
    expect(db.pool.stats().transactions).toEqual({ open: 0, oldestMs: 0 });
  });

  it('is told when the server ended it: a session that idled in a transaction', async () => {
    const { db, log } = await open({ IdleInTransactionTimeoutMs: 100 });
    const lease = await db.acquire();
    await lease.query('begin');
    await eventually(3_000, () => db.pool.stats().counters.endedByServer === 1);
    await expect(lease.query('select 1')).rejects.toMatchObject({ code: 'DB_CONNECTION_LOST' });
    await lease.release();
    expect(log.text).toMatch(
      /warn: Main: the server ended a session for its open transaction \(IdleInTransactionTimeoutMs, 25P03\)\nError: acquired here/,
    );
  });
});

describe('the start', () => {
  it('says on one line whether the database may go, and reports what was asked of the server', async () => {
    const { log, manager } = await open({ MinConnections: 2, MaxConnections: 5 });
    const lines = log.lines.filter((line) => line.includes('Main: connected to'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      new RegExp(
        `^log: Main: connected to ${target.host}:${target.port}, PostgreSQL 1\\d\\.\\d+.*, tls=off, in this thread, ` +
          `database ${target.database}, role ${target.user}, schema public, 2 to 5 connections, fail-fast: GO`,
      ),
    );
    const { checks } = manager.report().databases[0] ?? {};
    expect(checks).toMatchObject({
      verdict: 'go',
      remarks: [],
      role: target.user,
      superuser: false,
      database: target.database,
      schema: 'public',
      inRecovery: false,
    });
    expect(Math.abs(checks?.clockSkewMs ?? Infinity)).toBeLessThan(1_000);
  });

  it('asks once, whatever the number of connections', async () => {
    const { db, manager } = await open({ MinConnections: 4, MaxConnections: 4 });
    expect(db.pool.stats().total).toBe(4);
    const asked = manager.stats()['Main']?.statements.filter(({ text }) => text.includes('pg_is_in_recovery'));
    expect(asked).toEqual([]);
    expect(db.pool.stats().counters.acquires).toBe(1);
  });

  it('warns when unqualified names mean nothing', async () => {
    await superQuery(`alter role ${target.user} set search_path = nowhere`);
    try {
      const { log, manager } = await open();
      expect(log.text).toMatch(/warn: Main: .*schema none.*GO, but search_path \(nowhere\) names no schema/);
      expect(manager.report().databases[0]?.checks?.verdict).toBe('warn');
    } finally {
      await superQuery(`alter role ${target.user} reset search_path`);
    }
  });
});

describe('failed connects', () => {
  let server: EmbeddedServer;
  beforeAll(async () => void (server = await startOwnServer()));
  afterAll(() => server.close());

  it('are counted by code and published each, said in the log now and then, and once when they are over', async () => {
    const own = await createTestDatabase('own', server);
    const config = { Workers: 0, Connections: { Own: { ...connectionOf(own), AcquireTimeoutMs: 20_000 } } };
    const each = await compileDatabases(config, { log: new CapturedLog() });
    opened.push(each);
    await each.module.init();
    const { log, manager } = each;
    const db = manager.get('Own');
    const { told, stop } = listen();
    await server.stop('immediate');
    await eventually(3_000, () => db.pool.stats().total === 0);
    const waiting = db.query('select 1');
    const failures = (): number => db.pool.stats().counters.connectFailures['DB_CONNECT_FAILED'] ?? 0;
    await eventually(10_000, () => failures() >= 12);
    await server.start();
    await waiting;
    stop();
    const all = failures();
    const published = told.filter(({ event }) => event === 'failure').map(({ message }) => message);
    expect(published.filter((message) => 'attempt' in message && message.code === 'DB_CONNECT_FAILED')).toHaveLength(
      all,
    );
    expect(published[0]).toMatchObject({ database: 'Own', target: `${own.host}:${own.port}`, attempt: 1 });
    const said = log.lines.filter((line) => /attempt/.test(line));
    // It may be met while it goes down, with a refusal of its own.
    expect(said[0]).toMatch(
      /^warn: Own: .*127\.0\.0\.1:\d+.* \(DB_CONNECT_FAILED, attempt 1, next attempt in \d+ ms or later\)/,
    );
    expect(said[1]).toMatch(/attempt 10,/);
    expect(said.length).toBeLessThanOrEqual(2 + all / 10);
    expect(said.at(-1)).toMatch(/^log: Own: connected again after \d+\.\d s, \d+ failed attempts/);
    expect(log.text).not.toContain(own.password);
  });
});
