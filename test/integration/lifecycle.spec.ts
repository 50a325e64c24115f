// Start and stop: the three ways to begin, an ordered and bounded end, nothing left behind.
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Database,
  DatabaseExceptionFilter,
  DatabaseManager,
  DatabaseModule,
  getDatabaseToken,
  HealthModule,
  InjectDatabase,
  type DatabasesConfig,
} from '@hydrogen/database';
import type { EmbeddedServer } from '@hydrogen/embedded';
import request from 'supertest';
import { eventually } from '../support/eventually.js';
import { silentLogger } from '../support/silent-logger.js';
import { connectionOf, openModule } from '../support/module.js';
import { createTestDatabase, startOwnServer, superQuery, type TestDatabase } from '../support/server.js';

const nobody = { Host: '127.0.0.1', Port: 1, Database: 'none', Username: 'none', Password: 'none' };

async function sessionsOf(target: TestDatabase): Promise<number> {
  const [row] = await superQuery(
    `select count(*)::int n from pg_stat_activity where datname = '${target.database}' and usename = '${target.user}'`,
  );
  return Number(row?.['n']);
}

function build(config: DatabasesConfig, imports: (new () => unknown)[] = []) {
  return Test.createTestingModule({ imports: [DatabaseModule.forRoot({ config, env: {} }), ...imports] })
    .setLogger(silentLogger)
    .compile();
}

describe('start', () => {
  it('fail-fast: an unreachable database rejects within StartupTimeoutMs, names host and reason, and leaves nothing', async () => {
    const module = await build({ StartupTimeoutMs: 1500, Connections: { Main: nobody } });
    const startedAt = performance.now();
    const error = await module.init().then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(error).toMatchObject({ code: 'DB_CONNECT_FAILED', database: 'Main' });
    expect(error?.message).toContain('127.0.0.1:1');
    expect(error?.message).toContain('ECONNREFUSED');
    expect(process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort')).toEqual([]);
    await module.close().catch(() => {});
  });

  it('fail-fast: a wrong password rejects at once, not at the end of the budget', async () => {
    const target = await createTestDatabase();
    const module = await build({ Connections: { Main: { ...connectionOf(target), Password: 'wrong-password' } } });
    const startedAt = performance.now();
    await expect(module.init()).rejects.toMatchObject({ code: 'DB_AUTH_FAILED', sqlState: '28P01' });
    expect(performance.now() - startedAt).toBeLessThan(3000);
    await module.close().catch(() => {});
    await target.drop();
  });

  it('degraded: starts, answers typed errors, and comes up alone', async () => {
    const server = await startOwnServer();
    await server.createDatabase({ name: 'late', user: 'late', password: 'late-password' });
    await server.stop();
    const module = await build(
      {
        Startup: 'degraded',
        Health: { CacheMs: 100 },
        Connections: {
          Main: {
            Host: server.host,
            Port: server.port,
            Database: 'late',
            Username: 'late',
            Password: 'late-password',
            AcquireTimeoutMs: 300,
          },
        },
      },
      [HealthModule],
    );
    const app = await module.createNestApplication().init();
    const db = module.get<Database>(getDatabaseToken('Main'));
    await expect(db.query('select 1')).rejects.toMatchObject({ code: 'DB_CONNECT_FAILED', retryable: true });
    const health = await request(app.getHttpServer()).get('/health');
    expect([health.status, health.body.status]).toEqual([200, 'degraded']);
    await server.start();
    await eventually(5000, () =>
      db.query('select 1').then(
        () => true,
        () => false,
      ),
    );
    await eventually(2000, async () => (await request(app.getHttpServer()).get('/health')).body.status === 'ok');
    await app.close();
    await server.close();
  });

  it('lazy: no session before the first call', async () => {
    const target = await createTestDatabase();
    const module = await build({ Startup: 'lazy', Connections: { Main: connectionOf(target, { MinConnections: 2 }) } });
    await module.init();
    expect(await sessionsOf(target)).toBe(0);
    expect(await module.get<Database>(getDatabaseToken('Main')).one('select 1 as n')).toEqual({ n: 1 });
    await eventually(1000, async () => (await sessionsOf(target)) === 2);
    await module.close();
    await target.drop();
  });

  it('opens MinConnections before the application listens', async () => {
    const open = await openModule({ connection: { MinConnections: 5 } });
    expect(await sessionsOf(open.target)).toBe(5);
    await open.close();
  });

  it('a consumer may query in its own onModuleInit, whatever the order of the modules', async () => {
    const target = await createTestDatabase();
    const seen: unknown[] = [];
    @Module({})
    class Early {
      constructor(@InjectDatabase('Main') private readonly db: Database) {}
      async onModuleInit(): Promise<void> {
        seen.push(await this.db.one('select 1 as n'));
      }
      async beforeApplicationShutdown(): Promise<void> {
        seen.push(await this.db.one('select 2 as n'));
      }
    }
    const module = await Test.createTestingModule({
      imports: [Early, DatabaseModule.forRoot({ config: { Connections: { Main: connectionOf(target) } }, env: {} })],
    }).compile();
    await module.init();
    await module.close();
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    await target.drop();
  });
});

describe('stop', () => {
  it('lets what runs end, refuses what is new, and leaves no session, thread or socket', async () => {
    const open = await openModule({ databases: { Workers: 2 }, connection: { MaxConnections: 4 } });
    const { db, target } = open;
    const running = Array.from({ length: 4 }, () => db.one('select pg_sleep(0.3), 1 as n'));
    const waiting = Array.from({ length: 4 }, () => db.one('select 2 as n'));
    await eventually(1000, () => db.pool.stats().leased === 4);
    const closing = open.module.close();
    await eventually(1000, () => db.pool.state !== 'running');
    await expect(db.query('select 1')).rejects.toMatchObject({ code: 'DB_CLOSING' });
    expect(await Promise.all(running)).toEqual(Array(4).fill({ pg_sleep: '', n: 1 }));
    expect(await Promise.all(waiting)).toEqual(Array(4).fill({ n: 2 }));
    await closing;
    await expect(db.query('select 1')).rejects.toMatchObject({ code: 'DB_CLOSED' });
    expect(await sessionsOf(target)).toBe(0);
    expect(process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort')).toEqual([]);
    await target.drop();
  });

  it.each([0, 1])('ends within ShutdownTimeoutMs whatever runs (Workers: %i)', async (Workers) => {
    const open = await openModule({
      databases: { Workers, ShutdownTimeoutMs: 300 },
      connection: { MaxConnections: 2 },
    });
    const outcomes = [
      open.db.query('select pg_sleep(60)'),
      open.db.transaction(async (tx) => tx.query('select pg_sleep(60)')),
      open.db.query('select 1'),
    ].map((call) =>
      call.then(
        () => 'ok',
        (error: { code: string }) => error.code,
      ),
    );
    const leaked = open.db.acquire().catch(() => undefined);
    await eventually(1000, () => open.db.pool.stats().leased === 2);
    const startedAt = performance.now();
    await open.module.close();
    expect(performance.now() - startedAt).toBeLessThan(2000);
    const codes = await Promise.all(outcomes);
    expect(codes.slice(0, 2)).toEqual(['DB_CLOSING', 'DB_CLOSING']);
    await leaked;
    await eventually(1000, async () => (await sessionsOf(open.target)) === 0);
    await open.target.drop();
  });

  it('bounds the whole stop, requests that are being served included', async () => {
    const target = await createTestDatabase();
    @Controller()
    class Slow {
      constructor(@InjectDatabase('Main') private readonly db: Database) {}
      @Get('slow') slow() {
        return this.db.query('select pg_sleep(20)');
      }
    }
    const module = await Test.createTestingModule({
      imports: [
        DatabaseModule.forRoot({
          config: { ShutdownTimeoutMs: 400, Connections: { Main: connectionOf(target) } },
          env: {},
        }),
      ],
      providers: [{ provide: APP_FILTER, useClass: DatabaseExceptionFilter }],
      controllers: [Slow],
    })
      .setLogger(silentLogger)
      .compile();
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const answer = fetch(`${await app.getUrl()}/slow`, { headers: { connection: 'close' } }).then(async (response) => [
      response.status,
      await response.json(),
    ]);
    await eventually(2000, () => module.get<Database>(getDatabaseToken('Main')).pool.stats().leased === 1);
    const startedAt = performance.now();
    await app.close();
    expect(performance.now() - startedAt).toBeLessThan(2500);
    expect(await answer).toEqual([503, expect.objectContaining({ code: 'DB_CLOSING' })]);
    await target.drop();
  });

  it('is idempotent, and fifty open and close cycles leave nothing running', async () => {
    const target = await createTestDatabase();
    const running = (): string[] =>
      process.getActiveResourcesInfo().filter((resource) => /MessagePort|TCPSocket/.test(resource));
    const before = running().length;
    for (let n = 0; n < 50; n++) {
      const module = await build({ Workers: n % 2, Connections: { Main: connectionOf(target) } });
      await module.init();
      await module.get<Database>(getDatabaseToken('Main')).query('select 1');
      await Promise.all([module.get(DatabaseManager).close(), module.close()]);
    }
    expect(await sessionsOf(target)).toBe(0);
    // One more is the superuser's own, on its way out.
    await eventually(5_000, () => running().length <= before);
    await target.drop();
  }, 60_000);
});

describe('health', () => {
  @Controller()
  class Api {
    constructor(@InjectDatabase('Two') private readonly db: Database) {}
    @Get('slow') slow() {
      return this.db.one('select pg_sleep(0.5), 1 as n');
    }
  }
  let app: INestApplication | undefined;
  let server: EmbeddedServer | undefined;
  const targets: TestDatabase[] = [];
  afterEach(async () => {
    await app?.close();
    await server?.close();
    for (const target of targets.splice(0)) await target.drop();
    [app, server] = [undefined, undefined];
  });

  async function open(health: DatabasesConfig['Health'] = {}): Promise<INestApplication> {
    server = await startOwnServer();
    await server.createDatabase({ name: 'one', user: 'one', password: 'one-password' });
    const two = await createTestDatabase();
    targets.push(two);
    const module = await Test.createTestingModule({
      imports: [
        DatabaseModule.forRoot({
          config: {
            Health: health,
            Connections: {
              One: { Host: server.host, Port: server.port, Database: 'one', Username: 'one', Password: 'one-password' },
              Two: connectionOf(two, { MaxConnections: 1 }),
            },
          },
          env: {},
        }),
        HealthModule,
      ],
      controllers: [Api],
    })
      .setLogger(silentLogger)
      .compile();
    app = module.createNestApplication();
    return app.init();
  }
  const get = (path: string) => request(app?.getHttpServer()).get(path);

  it('names the databases, hides details, and knows each by name', async () => {
    await open();
    const all = await get('/health').expect(200);
    expect(all.body).toEqual({
      status: 'ok',
      info: { One: { status: 'up' }, Two: { status: 'up' }, 'worker-threads': { status: 'up' } },
      error: {},
      details: { One: { status: 'up' }, Two: { status: 'up' }, 'worker-threads': { status: 'up' } },
    });
    await get('/health/live').expect(200);
    await get('/health/ready').expect(200);
    await get('/health/startup').expect(200);
    expect((await get('/health/One').expect(200)).body.details).toEqual({ One: { status: 'up' } });
    await get('/health/Three').expect(404);
  });

  it('a stopped server: ready is 503 within 4 s and names it, live stays 200; started again: 200 without a restart', async () => {
    await open();
    await get('/health/ready').expect(200);
    await server?.stop();
    const took = await eventually(4000, async () => (await get('/health/ready')).status === 503);
    expect(took).toBeLessThan(4000);
    const down = await get('/health/ready');
    expect(down.body.error).toEqual({ One: { status: 'down' } });
    expect(down.body.info).toEqual({ Two: { status: 'up' } });
    await get('/health/live').expect(200);
    await get('/health/One').expect(503);
    await get('/health/Two').expect(200);
    await server?.start();
    await eventually(6000, async () => (await get('/health/ready')).status === 200);
  }, 30_000);

  it('a stopped server is found under load too: callers that wait for it are no rush', async () => {
    await open();
    const db = app?.get<Database>(getDatabaseToken('One'));
    let done = false;
    const callers = Array.from({ length: 8 }, async () => {
      while (!done) await db?.query('select 1').catch(() => {});
    });
    await get('/health/ready').expect(200);
    await server?.stop();
    await eventually(5000, async () => (await get('/health/ready')).status === 503);
    await server?.start();
    await eventually(6000, async () => (await get('/health/ready')).status === 200);
    done = true;
    await Promise.all(callers);
  }, 30_000);

  it('a saturated pool is degraded, not down, and costs no query', async () => {
    await open({ CacheMs: 0, ShowDetails: true });
    const slow = get('/slow').then((answer) => answer.status);
    await eventually(1000, async () => (await get('/health/Two')).body.status === 'degraded');
    const answer = await get('/health/Two').expect(200);
    expect(answer.body.details.Two).toMatchObject({
      status: 'degraded',
      reason: 'every connection is in use',
      leased: 1,
      max: 1,
    });
    expect(await slow).toBe(200);
    await get('/health/Two').expect(200);
  });
});
