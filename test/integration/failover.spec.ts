// Several hosts of one database, against real servers: a primary and its hot standby, and a second server that takes writes.
// The promotion stands last, for afterwards the two are two primaries.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConnectionConfig, DatabasesConfig } from '@hydrogen/config';
import type { ModuleMetadata } from '@nestjs/common';
import {
  DatabaseError,
  DatabaseHealthIndicator,
  HealthModule,
  type Database,
  type Gap,
  type HostLookup,
} from '@hydrogen/database';
import type { EmbeddedServer } from '@hydrogen/embedded';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { startForwarder } from '../support/forwarder.js';
import { startLoad } from '../support/load.js';
import { startOwnServer } from '../support/server.js';
import { startStandby, type Standby } from '../support/standby.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';

const SPEC = { name: 'app', user: 'app', password: 'correct horse' };
const IN_RECOVERY = 'select pg_is_in_recovery() as standby';
/** Which server answered: proxies and forwarders do not show here. */
const PORT = 'select inet_server_port() as port';
/** Nothing listens there. */
const NOBODY = { Host: '127.0.0.1', Port: 1 };

let primary: EmbeddedServer;
let standby: Standby;
let other: EmbeddedServer;
const opened: OpenDatabases[] = [];
const proxies: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  [primary, other] = await Promise.all([startOwnServer(), startOwnServer()]);
  for (const server of [primary, other]) {
    await server.createDatabase(SPEC);
    await server.query('create table public.notes (n int); alter table public.notes owner to app', 'app');
  }
  standby = await startStandby(primary);
  await standby.caughtUp();
}, 60_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ module }) => module.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});
afterAll(async () => {
  await standby.close();
  await Promise.all([primary.close(), other.close()]);
});

interface Opened {
  readonly db: Database;
  readonly around: OpenDatabases;
}

type Place = { readonly host: string; readonly port: number };
const at = ({ host, port }: Place, Weight?: number) => ({ Host: host, Port: port, ...(Weight ? { Weight } : {}) });

async function open(
  keys: ConnectionConfig,
  { lookup, databases, metadata }: { lookup?: HostLookup; databases?: DatabasesConfig; metadata?: ModuleMetadata } = {},
): Promise<Opened> {
  const Main = { Database: SPEC.name, Username: SPEC.user, Password: SPEC.password, ...keys };
  const config = { Startup: 'lazy', Workers: 0, ...databases, Connections: { Main } } as const;
  const around = await compileDatabases(config, { ...(lookup ? { lookup } : {}), ...(metadata ? { metadata } : {}) });
  opened.push(around);
  await around.module.init();
  return { around, db: around.manager.get('Main') };
}

async function proxyOf(target: Place): Promise<TcpProxy> {
  const proxy = await startProxy(target);
  proxies.push(proxy);
  return proxy;
}

const failure = async (work: Promise<unknown>): Promise<DatabaseError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw new Error(`expected a DatabaseError, got ${String(error)}`);
};

const shares = (db: Database): number[] => db.pool.hosts().map(({ open: count }) => count);

describe('TargetSession', () => {
  it.each([0, 1])(
    'finds the session that is asked for, wherever it stands in the list (Workers: %d)',
    async (Workers) => {
      const places = [at(standby), at(primary)];
      const cases = [
        ['any', true],
        ['read-write', false],
        ['primary', false],
        ['read-only', true],
        ['standby', true],
        ['prefer-standby', true],
      ] as const;
      for (const Hosts of [places, places.toReversed()]) {
        for (const [TargetSession, inRecovery] of cases) {
          const { db } = await open(
            { Hosts, TargetSession },
            { databases: { Workers, Placement: Workers ? 'worker' : 'auto' } },
          );
          const expected = TargetSession === 'any' ? Hosts === places : inRecovery;
          expect(await db.one(IN_RECOVERY)).toEqual({ standby: expected });
        }
      }
    },
  );

  it('is read-write where several hosts are named, and by a Url as well', async () => {
    const hosts = [standby, primary].map(({ host, port }) => `${host}:${port}`).join(',');
    const { db } = await open({ Hosts: hosts });
    expect(await db.one(IN_RECOVERY)).toEqual({ standby: false });
    const Url = `postgres://app:${encodeURIComponent(SPEC.password)}@${hosts}/app?target_session_attrs=standby`;
    const byUrl = await open({ Url, Database: undefined, Username: undefined, Password: undefined });
    expect(await byUrl.db.one(IN_RECOVERY)).toEqual({ standby: true });
  });

  it('takes the primary where a standby is only preferred', async () => {
    const { db } = await open({ Hosts: [NOBODY, at(primary)], TargetSession: 'prefer-standby' });
    expect(await db.one(IN_RECOVERY)).toEqual({ standby: false });
  });

  it('that nobody has is told host by host, and nothing is left open', async () => {
    const { db } = await open({ Hosts: [at(primary), NOBODY], TargetSession: 'standby', AcquireTimeoutMs: 300 });
    const error = await failure(db.query('select 1'));
    expect(error.code).toBe('DB_CONNECT_FAILED');
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(`127.0.0.1:${primary.port} is no standby (TargetSession standby)`);
    expect(error.message).toContain('127.0.0.1:1: connect ECONNREFUSED');
    await eventually(2_000, async () => {
      const rows = await primary.query(`select from pg_stat_activity where usename = 'app'`);
      return rows.length === 0;
    });
  });

  it('says in the log where it is connected and what that is', async () => {
    const { db, around } = await open(
      { Hosts: [at(standby)], TargetSession: 'standby' },
      { databases: { Health: { ShowDetails: true } }, metadata: { imports: [HealthModule] } },
    );
    await db.query('select 1');
    expect(around.log.text).toContain(`Main: connected to 127.0.0.1:${standby.port} (standby), PostgreSQL 18`);
    expect(around.manager.report().databases[0]?.target).toBe(`127.0.0.1:${standby.port}/app`);
    const health = around.module.get(DatabaseHealthIndicator);
    expect(await health.check('Main')).toMatchObject({ Main: { status: 'up', at: [`127.0.0.1:${standby.port}`] } });
    expect(db.pool.hosts()).toEqual([
      { host: '127.0.0.1', port: standby.port, open: 1, addresses: ['127.0.0.1'], suspected: false },
    ]);
  });
});

describe('a host that is away', () => {
  it('does not eat the connect budget when it is mute, and is tried last from then on', async () => {
    const mute = await proxyOf(primary);
    mute.set('black-hole');
    const { db } = await open({ Hosts: [at(mute), at(primary)], ConnectTimeoutMs: 1_000, AcquireTimeoutMs: 3_000 });
    const startedAt = performance.now();
    expect(await db.one(PORT)).toEqual({ port: primary.port });
    const first = performance.now() - startedAt;
    expect(first).toBeGreaterThan(400);
    expect(first).toBeLessThan(1_000);
    expect(db.pool.hosts().map(({ suspected }) => suspected)).toEqual([true, false]);
    // A hedge may be under way that began before the mute one was known.
    await eventually(2_000, () => db.pool.stats().connecting === 0);
    db.pool.recycle();
    const again = performance.now();
    await db.one(PORT);
    expect(performance.now() - again).toBeLessThan(400);
  });

  it('costs no cancel: that goes to the server the session lives on', async () => {
    const { db } = await open({ Hosts: [NOBODY, at(primary)] });
    const error = await failure(db.query('select pg_sleep(30)', [], { timeoutMs: 200 }));
    expect(error.code).toBe('DB_DEADLINE');
    const running = `select from pg_stat_activity where usename = 'app' and state = 'active'`;
    await eventually(2_000, async () => (await primary.query(running)).length === 0);
    expect(db.pool.stats().total).toBe(1);
  });

  it('is not asked for the password again after it was wrong at the first', async () => {
    const { db } = await open({ Hosts: [at(primary), at(other)], Password: 'wrong', AcquireTimeoutMs: 300 });
    const error = await failure(db.query('select 1'));
    expect(error.code).toBe('DB_AUTH_FAILED');
    expect(error.message).not.toContain(String(other.port));
  });
});

describe('shares by weight', () => {
  const limits = { MinConnections: 8, MaxConnections: 10, TargetSession: 'any', Pipelines: 0 } as const;
  const warm = (db: Database): Promise<number> =>
    eventually(5_000, () => db.pool.stats().idle === 8 && db.pool.stats().connecting === 0);

  it('are exact, and come back by rebalance() without ever falling below MinConnections', async () => {
    const [a, b] = [await proxyOf(primary), await proxyOf(standby)];
    const { db } = await open({ ...limits, Hosts: [at(a, 3), at(b, 1)] });
    await db.query('select 1');
    await warm(db);
    expect(shares(db)).toEqual([6, 2]);
    b.set('refuse');
    b.resetAll();
    await eventually(5_000, () => shares(db)[0] === 8 && db.pool.stats().idle === 8);
    expect(await db.pool.rebalance()).toBe(0);
    await eventually(1_000, () => shares(db).join() === '8,0');
    b.set('pass');
    let least = Infinity;
    const watch = setInterval(() => {
      const { total, connecting, closing } = db.pool.stats();
      least = Math.min(least, total - connecting - closing);
    }, 1);
    const moved = await db.pool.rebalance();
    clearInterval(watch);
    expect(moved).toBe(2);
    await eventually(1_000, () => shares(db).join() === '6,2');
    expect(least).toBeGreaterThanOrEqual(8);
  });

  it('come back by lifetime alone', async () => {
    const [a, b] = [await proxyOf(primary), await proxyOf(standby)];
    const { db } = await open({ ...limits, Hosts: [at(a, 1), at(b, 1)], MaxLifetimeMs: 12_000, LifetimeJitter: 0 });
    await db.query('select 1');
    await warm(db);
    expect(shares(db)).toEqual([4, 4]);
    b.set('refuse');
    b.resetAll();
    await eventually(5_000, () => shares(db)[0] === 8);
    b.set('pass');
    await eventually(24_000, () => shares(db).join() === '4,4');
  }, 40_000);
});

describe('a name', () => {
  it('is looked up at each connect, and each of its addresses is tried', async () => {
    const asked: string[] = [];
    const lookup: HostLookup = (name, _options, done) => {
      asked.push(name);
      setImmediate(done, null, [
        { address: '127.0.0.9', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    };
    const { db } = await open({ Host: 'db.test', Port: primary.port, Tls: { Mode: 'disable' } }, { lookup });
    expect(await db.one(PORT)).toEqual({ port: primary.port });
    db.pool.recycle();
    await db.one(PORT);
    expect(asked).toEqual(['db.test', 'db.test']);
  });

  it('that has moved takes its connections along within DnsRecheckMs: idle ones now, lent ones when they come back', async () => {
    const here = await startForwarder('127.0.0.1', 0, primary);
    const there = await startForwarder('127.0.0.2', here.port, standby);
    proxies.push(here, there);
    let address = here.host;
    const lookup: HostLookup = (_name, _options, done) => setImmediate(done, null, [{ address, family: 4 }]);
    const keys = { Host: 'db.test', Port: here.port, DnsRecheckMs: 200, MinConnections: 2 };
    const { db, around } = await open({ ...keys, Tls: { Mode: 'disable' } }, { lookup });
    const lease = await db.acquire();
    await eventually(2_000, () => db.pool.stats().idle === 2 - 1);
    address = there.host;
    const took = await eventually(2_000, () => db.pool.hosts()[0]?.addresses.includes(there.host) === true);
    expect(took).toBeLessThan(500);
    expect(await lease.one(IN_RECOVERY)).toEqual({ standby: false });
    expect(await db.one(IN_RECOVERY)).toEqual({ standby: true });
    await lease.release();
    await eventually(2_000, () => db.pool.hosts()[0]?.addresses.join() === there.host);
    expect(around.log.text).toContain('Main: db.test has moved; ');
    expect(around.log.text).toContain(`Main: connected to 127.0.0.2:${here.port} (standby)`);
  });

  it('that has moved takes its listener along, and is said to have moved once, though a lease stays', async () => {
    const here = await startForwarder('127.0.0.1', 0, primary);
    const there = await startForwarder('127.0.0.2', here.port, other);
    proxies.push(here, there);
    let address = here.host;
    const lookup: HostLookup = (_name, _options, done) => setImmediate(done, null, [{ address, family: 4 }]);
    const keys = { Host: 'db.test', Port: here.port, DnsRecheckMs: 100 };
    const { db, around } = await open({ ...keys, Tls: { Mode: 'disable' } }, { lookup });
    const heard: string[] = [];
    const gaps: Gap[] = [];
    await db.listen('news', (payload) => void heard.push(payload), { onGap: (gap) => void gaps.push(gap) });
    await using lease = await db.acquire();
    expect(await lease.one(PORT)).toEqual({ port: primary.port });
    address = there.host;
    await eventually(2_000, () => gaps.length === 1);
    await other.query(`notify news, 'there'`, SPEC.name);
    await eventually(2_000, () => heard.join() === 'there');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(around.log.text.match(/has moved; 2 connections/g)).toHaveLength(1);
    expect(around.log.text.match(/has moved/g)).toHaveLength(1);
  });

  it('that cannot be looked up is told as such', async () => {
    const lookup: HostLookup = (name, _options, done) =>
      setImmediate(done, Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), []);
    const { db } = await open({ Host: 'db.test', AcquireTimeoutMs: 200 }, { lookup });
    const error = await failure(db.query('select 1'));
    expect(error.code).toBe('DB_CONNECT_FAILED');
    expect(error.message).toBe('Main: cannot connect to db.test:5432: getaddrinfo ENOTFOUND db.test');
  });
});

describe('a server that becomes read-only', () => {
  const readOnly = async (server: EmbeddedServer, on: boolean): Promise<void> => {
    await server.query(
      `alter system ${on ? 'set default_transaction_read_only = on' : 'reset default_transaction_read_only'}`,
    );
    await server.query('select pg_reload_conf()');
    const shown = async (): Promise<unknown> => (await server.query('show default_transaction_read_only'))[0];
    await eventually(
      2_000,
      async () => JSON.stringify(await shown()) === `{"default_transaction_read_only":"${on ? 'on' : 'off'}"}`,
    );
  };
  afterEach(async () => {
    await readOnly(primary, false);
    await readOnly(other, false);
  });

  it.each([false, true])(
    'loses its writers to the next host without an error (PipelineWrites: %s)',
    async (PipelineWrites) => {
      const { db, around } = await open({ Hosts: [at(primary), at(other)], MaxConnections: 6, PipelineWrites });
      const countOf = async (server: EmbeddedServer): Promise<number> =>
        Number((await server.query('select count(*)::int as n from public.notes', 'app'))[0]?.['n']);
      const before = (await countOf(primary)) + (await countOf(other));
      const load = startLoad(8, (caller) => db.query('insert into public.notes values ($1)', [caller]));
      await eventually(5_000, () => load.done > 200);
      await readOnly(primary, true);
      const { done } = load;
      await eventually(5_000, () => load.done > done + 200 && shares(db)[0] === 0);
      await load.stop();
      expect(load.errors.flat()).toEqual([]);
      // Each once, here or there: 25006 means that nothing was done.
      expect((await countOf(primary)) + (await countOf(other)) - before).toBe(load.done);
      expect(around.log.text).toContain(
        `Main: 127.0.0.1:${primary.port} has become read-only; its connections are given up`,
      );
      expect(around.log.text.match(/has become read-only/g)).toHaveLength(1);
    },
  );

  it('runs a transaction again, and says so where it may not', async () => {
    const { db } = await open({ Hosts: [at(primary), at(other)] });
    const write = (retries?: number): Promise<unknown> =>
      db.transaction((tx) => tx.query('insert into public.notes values (1)'), { retries });
    await write();
    await readOnly(primary, true);
    await write();
    expect(await db.one(PORT)).toEqual({ port: other.port });
    await readOnly(primary, false);
    await readOnly(other, true);
    const error = await failure(write(0));
    expect(error).toMatchObject({ code: 'DB_READ_ONLY', retryable: true, inDoubt: false });
    expect(error.message).toMatch(/^Main: the server has become read-only, and its connections are given up \(/);
  });

  it('is what a read-only transaction is not: its own 25006 stays the caller’s', async () => {
    const { db, around } = await open({ Hosts: [at(primary), at(other)] });
    const write = db.transaction((tx) => tx.query('insert into public.notes values (1)'), { readOnly: true });
    expect(await failure(write)).toMatchObject({ code: 'DB_READ_ONLY', retryable: false });
    expect(around.log.text).not.toContain('has become read-only');
    // One that raises the code itself is found out by the second server.
    for (const server of [primary, other])
      await server.query(
        `create or replace function public.no() returns int language plpgsql as $$ begin raise 'no' using errcode = '25006'; end $$`,
        'app',
      );
    for (let n = 0; n < 3; n++)
      expect(await failure(db.query('select public.no() for update'))).toMatchObject({
        code: 'DB_READ_ONLY',
        retryable: false,
      });
    expect(around.log.text.match(/has become read-only/g)).toHaveLength(1);
  });

  it('alone is tried once more and then believed', async () => {
    const { db } = await open({ Host: primary.host, Port: primary.port });
    await db.query('insert into public.notes values (1)');
    await readOnly(primary, true);
    expect(await failure(db.query('insert into public.notes values (1)'))).toMatchObject({
      code: 'DB_READ_ONLY',
      retryable: false,
    });
    expect(await db.one('select count(*) >= 0 as fine from public.notes')).toEqual({ fine: true });
  });
});

describe('a failover', () => {
  it('is over within a second of the promotion, for readers and writers, without anybody’s help', async () => {
    const { db, around } = await open({
      Hosts: [at(primary), at(standby)],
      MaxConnections: 6,
      AcquireTimeoutMs: 10_000,
    });
    await standby.caughtUp();
    const load = startLoad(8, (caller) =>
      caller % 2 === 0
        ? db.query('select count(*) from public.notes', [], { timeoutMs: 10_000, readOnly: true })
        : db.query('insert into public.notes values ($1)', [caller], { timeoutMs: 10_000 }),
    );
    await eventually(5_000, () => load.done > 200);
    await primary.stop('immediate');
    await standby.promote();
    const { done } = load;
    const took = await eventually(5_000, () => load.done > done);
    await eventually(5_000, () => load.done > done + 200);
    await load.stop();
    expect(took).toBeLessThan(1_000);
    // Readers hear nothing; a writer at most of what was on its way when the server was killed.
    for (const [caller, errors] of load.errors.entries()) {
      expect(errors.length).toBeLessThanOrEqual(caller % 2 === 0 ? 0 : 1);
      for (const error of errors) expect(error).toMatchObject({ code: 'DB_CONNECTION_LOST' });
    }
    expect(await db.one(PORT)).toEqual({ port: standby.port });
    expect(around.log.text).toContain(`Main: connected to 127.0.0.1:${standby.port},`);
  });
});
