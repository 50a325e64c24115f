// One promise over the whole subsystem: nothing of a password, a key or a parameter in anything that anybody can read,
// whatever goes wrong. And passwords that change: asked for at each connect, refused at once.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  DatabaseError,
  DatabaseExceptionFilter,
  DatabaseManager,
  DatabaseModule,
  HealthModule,
  InjectDatabaseManager,
  type ConnectionConfig,
  type Database,
  type DatabasesConfig,
} from '@hydrogen/database';
import {
  formatConnectionUrl,
  HYDROGEN_CONFIG,
  HydrogenConfigModule,
  loadHydrogenConfig,
  Secret,
  type LoadedConfig,
} from '@hydrogen/config';
import { escapeIdentifier, escapeLiteral } from 'pg';
import request from 'supertest';
import { CapturedLog } from '../support/captured-log.js';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { connectionOf as plainConnectionOf } from '../support/module.js';
import { everyFormOf, expectNothingOf, secretText } from '../support/secret-texts.js';
import { createTestDatabase, superQuery, testServer, type TestDatabase } from '../support/server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { certificatePath } from '../support/tls-server.js';

/** A refused login may be tried again at once: these tests are about what is said of it, one after the other. */
const connectionOf = (target: TestDatabase, more: ConnectionConfig = {}): ConnectionConfig =>
  plainConnectionOf(target, { Circuit: { WindowMs: 0 }, ...more });

let target: TestDatabase;
let folder: string;
let closedPort: number;
const opened: OpenDatabases[] = [];

beforeAll(async () => {
  target = await createTestDatabase('secrets');
  folder = await mkdtemp(join(tmpdir(), 'hydrogen-secrets-'));
  closedPort = await portOfNobody();
});
afterEach(() => closeAll());
afterAll(async () => {
  await target.drop();
  await rm(folder, { recursive: true });
});

const setPassword = (password: string): Promise<unknown> =>
  superQuery(`alter role ${escapeIdentifier(target.user)} password ${escapeLiteral(password)}`);

async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map(({ module }) => module.close()));
}

async function refusal(promise: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await promise.then(
    () => {
      throw new Error('expected a refusal');
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatabaseError);
  return error as DatabaseError;
}

/** What the console and the streams of this process were given while it is watched. */
class WatchedConsole {
  readonly #said: string[] = [];
  readonly #restore: (() => void)[] = [];

  constructor() {
    for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const) {
      const spy = jest.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
        this.#said.push(...parts.map((part) => everyFormOf(part)));
      });
      this.#restore.push(() => spy.mockRestore());
    }
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      const spy = jest.spyOn(stream, 'write').mockImplementation(((chunk: unknown, ...rest: never[]) => {
        this.#said.push(String(chunk));
        return write(chunk as string, ...rest);
      }) as typeof stream.write);
      this.#restore.push(() => spy.mockRestore());
    }
  }

  get text(): string {
    return this.#said.join('\n');
  }

  end(): void {
    for (const restore of this.#restore) restore();
  }
}

/** Passes a caller's statement on, as a service would; what is thrown is the filter's. */
@Controller('databases')
class StatementController {
  constructor(@InjectDatabaseManager() private readonly manager: DatabaseManager) {}

  @Post(':name')
  run(@Param('name') name: string, @Body() { text, values }: { text: string; values: unknown[] }): Promise<unknown> {
    return this.manager.get(name).query(text, values);
  }

  @Get()
  report(): unknown {
    return this.manager.report();
  }
}

interface Given {
  readonly keys: ConnectionConfig;
  readonly env?: Record<string, string>;
}

/** How a password may come into a configuration. */
const SOURCES: Record<string, (password: string) => Given | Promise<Given>> = {
  'the configuration itself': (password) => ({ keys: { Password: password } }),
  'a Secret': (password) => ({ keys: { Pass: new Secret(password) } }),
  'a variable': (password) => ({ keys: { Password: '{$env.SECRETS_DB_PASS}' }, env: { SECRETS_DB_PASS: password } }),
  'a function': (password) => ({ keys: { Password: () => password } }),
  'an asynchronous function': (password) => ({
    keys: { Password: () => new Promise((resolve) => setImmediate(resolve, password)) },
  }),
  'a file': async (password) => {
    const File = join(folder, 'password');
    await writeFile(File, `${password}\n`);
    return { keys: { Password: { File } } };
  },
  'a Url': (password) => {
    const { host, port, database, user: username } = target;
    const Url = formatConnectionUrl({ host, port, database, username, password, options: new Map() });
    return { keys: { Url, Host: undefined, Port: undefined, Database: undefined, Username: undefined } };
  },
};

const MISTAKES = [
  'WrongPassword',
  'WrongUser',
  'WrongDatabase',
  'WrongPort',
  'TlsRefused',
  'TlsFileMissing',
  'TlsKeyBroken',
  'TlsKeyMisplaced',
  'FileMissing',
  'FunctionThrows',
] as const;
type Mistake = (typeof MISTAKES)[number];

/** Every way to be wrong that takes a connection to find out. */
function mistakes(password: string, other: string): Record<Mistake, ConnectionConfig> {
  const key = `-----BEGIN PRIVATE KEY-----\n${other}\n-----END PRIVATE KEY-----\n`;
  return {
    WrongPassword: { Password: other },
    WrongUser: { Username: `${target.user}_nobody`, Password: password },
    WrongDatabase: { Database: `${target.database}_none`, Password: password },
    WrongPort: { Port: closedPort, AcquireTimeoutMs: 10, Password: password },
    TlsRefused: { Tls: { Mode: 'require' }, Password: password },
    TlsFileMissing: { Tls: { Mode: 'verify-full', Ca: join(folder, 'none.pem') }, Password: password },
    TlsKeyBroken: { Tls: { Mode: 'require', Cert: certificatePath('client'), Key: key } },
    // Somebody puts the key itself where its path belongs.
    TlsKeyMisplaced: { Tls: { Mode: 'require', Cert: join(folder, 'none.pem'), Key: other } },
    FileMissing: { Password: { File: join(folder, 'none') }, AcquireTimeoutMs: 10 },
    FunctionThrows: {
      AcquireTimeoutMs: 10,
      Password: () => {
        throw Object.assign(new Error(`vault: ${other}`), { token: other });
      },
    },
  };
}

/** Statements that fail with the value in the server's hands, and the code that the caller gets. */
const FAILING: readonly (readonly [text: string, values: (value: string) => unknown[], code: string])[] = [
  ['insert into vault values (1, $1, 1)', (value) => [value], 'DB_UNIQUE'],
  ['insert into vault values (2, $1, 1)', (value) => [value.repeat(40)], 'DB_CHECK'],
  ['insert into vault values (3, $1, null)', (value) => [`${value}!`], 'DB_NOT_NULL'],
  ['insert into vault (id, word, n, short) values (4, $1 || 5, 1, $1)', (value) => [value], 'DB_DATA'],
  ['insert into vault (id, word, n, parent) values (5, $1 || 6, 1, 99)', (value) => [value], 'DB_FOREIGN_KEY'],
  ['select $1::int', (value) => [value], 'DB_DATA'],
  ['select $1::uuid', (value) => [value], 'DB_DATA'],
  ['select $1::jsonb', (value) => [value], 'DB_DATA'],
  ['select $1::timestamptz', (value) => [value], 'DB_DATA'],
  ['select $1::int[]', (value) => [[value]], 'DB_DATA'],
  ["select to_date($1, 'YYYY-MM-DD')", (value) => [value], 'DB_DATA'],
  ["select set_config('TimeZone', $1, true)", (value) => [value], 'DB_DATA'],
  ["select decode($1, 'hex')", (value) => [value], 'DB_DATA'],
  ['selec $1', (value) => [value], 'DB_SYNTAX'],
  ['select $1::text from nowhere', (value) => [value], 'DB_SYNTAX'],
  ['select 1', (value) => [value], 'DB_PARAMETERS'],
  ['select $1', (value) => [{ toPostgres: () => value }, value], 'DB_PARAMETERS'],
];

interface Run {
  readonly Workers: number;
  readonly source: string;
  readonly password: string;
  /** What stands where the password belongs, or in its neighbourhood. */
  readonly other: string;
  /** A parameter. */
  readonly value: string;
  readonly mistakes: readonly Mistake[];
  /** Statements that fail over HTTP. */
  readonly requests: typeof FAILING;
}

const runs: fc.Arbitrary<Run> = fc
  .record({
    Workers: fc.constantFrom(0, 0, 0, 1),
    source: fc.constantFrom(...Object.keys(SOURCES)),
    secrets: fc.uniqueArray(secretText, { minLength: 3, maxLength: 3 }) as fc.Arbitrary<[string, string, string]>,
    mistakes: fc.subarray<Mistake>([...MISTAKES], { minLength: 4, maxLength: 5 }),
    requests: fc.subarray([...FAILING], { minLength: 5, maxLength: 7 }),
  })
  .map(({ secrets: [password, other, value], ...run }) => ({ ...run, password, other, value }));

const VAULT = `create table if not exists vault (
  id int primary key, word text unique check (length(word) < 200), n int not null,
  short varchar(3), parent int references vault)`;

describe('a secret is in nothing that anybody can read', () => {
  it('whatever goes wrong', async () => {
    await setPassword(target.password);
    const watched = new WatchedConsole();
    try {
      await fc.assert(
        fc.asyncProperty(runs, async (run) => {
          await setPassword(run.password);
          const shown = await everythingShown(run, await SOURCES[run.source]!(run.password));
          const text = `${shown.join('\n')}\n${watched.text}`;
          for (const secret of [run.password, run.other, run.value]) expectNothingOf(secret, text);
        }),
        { numRuns: 50, endOnFailure: true },
      );
    } finally {
      watched.end();
      await setPassword(target.password);
    }
  }, 60_000);

  /** One service with one right and some wrong databases, used, and everything that it said. */
  async function everythingShown(run: Run, { keys, env = {} }: Given): Promise<string[]> {
    const { password, other, value } = run;
    const { Password: _, ...parts } = connectionOf(target, { MaxConnections: 2 });
    const all = mistakes(password, other);
    const wrong = run.mistakes.map((name) => [name, { ...parts, ...all[name] }] as const);
    const config: DatabasesConfig = {
      Workers: run.Workers,
      Startup: 'degraded',
      StartupTimeoutMs: 50,
      Health: { ShowDetails: true, TimeoutMs: 20 },
      Connections: { Good: withoutUndefined({ ...parts, ...keys }), ...Object.fromEntries(wrong) },
    };
    const loaded = loadHydrogenConfig({ config, env });
    const log = new CapturedLog();
    const around = await compileDatabases(config, {
      env,
      log,
      metadata: {
        imports: [HealthModule, HydrogenConfigModule.forRoot({ loaded })],
        controllers: [StatementController],
        providers: [{ provide: APP_FILTER, useClass: DatabaseExceptionFilter }],
      },
    });
    const { module, manager } = around;
    const app = module.createNestApplication({ logger: log });
    const shown: string[] = [];
    const show = (thing: unknown): void => void shown.push(everyFormOf(thing));
    try {
      await app.init();
      const good = manager.get('Good');
      await good.query(VAULT);
      await good.query('truncate vault');
      await good.query('insert into vault values (1, $1, 1)', [value]);

      for (const name of run.mistakes) {
        const error = await refusal(manager.get(name).query('select $1::text', [value]));
        expect(error.database).toBe(name);
        show(error);
        show([error.detail, error.hint]);
      }
      for (const [text, values, code] of FAILING) {
        const error = await refusal(good.query(text, values(value)));
        expect([text, error.code]).toEqual([text, code]);
        // The server's DETAIL may hold values of rows: it is there for who asks, and nothing prints it by itself.
        shown.push(everyFormOf(error, { getters: false }));
      }
      const inTransaction = refusal(good.transaction(async (tx) => tx.query('select $1::int', [value])));
      shown.push(everyFormOf(await inTransaction, { getters: false }));

      const http = app.getHttpServer() as Parameters<typeof request>[0];
      for (const [text, values] of run.requests) {
        const answer = await request(http)
          .post('/databases/Good')
          .send({ text, values: values(value) });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
        // The caller of the service learns nothing of its inside either.
        expect(answer.text).not.toMatch(/vault|nowhere|select|insert|relation|127\.0\.0\.1/);
        shown.push(answer.text, everyFormOf(answer.headers));
      }
      const [name] = run.mistakes;
      const refused = await request(http).post(`/databases/${name}`).send({ text: 'select 1', values: [] });
      expect(refused.status).toBe(503);
      shown.push(refused.text, everyFormOf(refused.headers));
      for (const path of ['/health', '/health/ready', '/health/Good', `/health/${name}`, '/databases']) {
        const answer = await request(http).get(path);
        shown.push(answer.text, everyFormOf(answer.headers));
      }
      const lease = await good.acquire();
      const service = module.get(ConfigService, { strict: false });
      for (const thing of [
        manager,
        manager.report(),
        manager.stats(),
        good,
        good.pool,
        lease,
        loaded,
        loaded.report(),
        module.get<LoadedConfig>(HYDROGEN_CONFIG, { strict: false }),
        service,
        service.get('hydrogen'),
      ]) {
        show(thing);
      }
      await lease.release();
      shown.push(loaded.formatReport(), everyFormOf({ ...process.env }));
    } finally {
      await app.close();
    }
    shown.push(log.text);
    expect(log.text).toContain('started degraded');
    return shown;
  }

  it('when a fail-fast start ends in it', async () => {
    const watched = new WatchedConsole();
    try {
      await fc.assert(
        fc.asyncProperty(
          secretText,
          secretText,
          fc.constantFrom(...MISTAKES.filter((name) => !/Port|FileMissing|Throws/.test(name))),
          async (password, other, name) => {
            const { Password: _, ...parts } = connectionOf(target);
            const Wrong = { ...parts, ...mistakes(password, other)[name] };
            const around = await compileDatabases({ Workers: 0, Connections: { Wrong } });
            const startedAt = performance.now();
            const error = await refusal(around.module.init());
            // Nothing here is mended by waiting.
            expect([name, performance.now() - startedAt < 3000]).toEqual([name, true]);
            expect(error.message).toMatch(/^Wrong: /);
            await around.module.close();
            const shown = [everyFormOf(error), everyFormOf(error.detail), around.log.text, watched.text].join('\n');
            for (const secret of [password, other]) expectNothingOf(secret, shown);
          },
        ),
        { numRuns: 50, endOnFailure: true },
      );
    } finally {
      watched.end();
    }
  }, 60_000);

  it('when the configuration itself is wrong', async () => {
    const ways: ((secret: string) => Record<string, unknown>)[] = [
      (secret) => ({ Password: secret, Port: 'x' }),
      (secret) => ({ Password: '{$env.MIXED_UP}', Port: '{$env.MIXED_UP}', MIXED_UP: secret }),
      (secret) => ({ Passwrod: secret }),
      (secret) => ({ Password: [secret] }),
      (secret) => ({ Password: { File: '/x', Text: secret } }),
      (secret) => ({ Password: secret, Pass: secret }),
      (secret) => ({ Tls: { Key: secret } }),
      (secret) => ({ Tls: { Mode: 'verify-full', Keys: secret } }),
      (secret) => ({ Url: `postgres://u:${secret}@h/d` }),
      (secret) => ({ Url: `postgres://u:${encodeURIComponent(secret)}@h/d?sslmode=maybe` }),
      (secret) => ({ Url: secret }),
    ];
    await fc.assert(
      fc.asyncProperty(secretText, fc.constantFrom(...ways), async (secret, way) => {
        const log = new CapturedLog();
        const { MIXED_UP = '', ...keys } = way(secret);
        const config = { Connections: { Main: { ...connectionOf(target), ...keys } } } as DatabasesConfig;
        const error: unknown = await compileDatabases(config, { log, env: { MIXED_UP: String(MIXED_UP) } }).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toMatchObject({ code: 'DB_CONFIG_INVALID' });
        expectNothingOf(secret, `${everyFormOf(error)}\n${log.text}`);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });

  it('when the server says nonsense', async () => {
    const watched = new WatchedConsole();
    try {
      await fc.assert(
        fc.asyncProperty(secretText, secretText, async (password, value) => {
          await setPassword(password);
          const proxy = await startProxy(testServer());
          const Main = connectionOf(target, { Host: proxy.host, Port: proxy.port, Password: password });
          const around = await compileDatabases({ Workers: 1, Connections: { Main } });
          try {
            await around.module.init();
            const db = around.manager.get('Main');
            proxy.set('nonsense');
            const error = await refusal(db.query('select $1::text', [value]));
            expect(error.code).toBe('DB_PROTOCOL');
            proxy.set('pass');
            await eventually(2000, () =>
              db.query('select 1').then(
                () => true,
                () => false,
              ),
            );
            const shown = [everyFormOf(error), everyFormOf(around.manager.report()), around.log.text, watched.text];
            for (const secret of [password, value]) expectNothingOf(secret, shown.join('\n'));
          } finally {
            await around.module.close();
            await proxy.close();
          }
        }),
        { numRuns: 5, endOnFailure: true },
      );
    } finally {
      watched.end();
      await setPassword(target.password);
    }
  });

  it('when somebody dumps the whole application', async () => {
    const password = 'Q~J^Z`X|Q~J^Z`X|';
    await setPassword(password);
    try {
      const given = { config: { Connections: { Main: connectionOf(target, { Password: '{$env.DB_PASS}' }) } } };
      const env = { DB_PASS: password };
      const literal = { Connections: { Main: connectionOf(target, { Password: password }) } };
      for (const root of [
        DatabaseModule.forRoot({ ...given, env }),
        DatabaseModule.forRoot({ config: literal, env: {} }),
        DatabaseModule.forRootAsync({ useFactory: () => ({ ...given, env }) }),
      ]) {
        const module = await Test.createTestingModule({ imports: [root] })
          .setLogger(new CapturedLog())
          .compile();
        await module.init();
        await module.get(DatabaseManager).get('Main').query('select 1');
        const dump = inspect(module, { showHidden: true, depth: 8, maxStringLength: null });
        await module.close();
        expect(dump).toContain('hydrogen:database:Main');
        expectNothingOf(password, dump);
      }
    } finally {
      await setPassword(target.password);
    }
  });

  it.each([0, 1])('when the server repeats a value in its message, with Workers: %i', async (Workers) => {
    const around = await compileDatabases({ Workers, Connections: { Main: connectionOf(target) } });
    opened.push(around);
    await around.module.init();
    const db = around.manager.get('Main');
    // A server that speaks another language quotes in another way.
    await db.query(`create or replace function in_german(word text) returns int language plpgsql as $$
      begin raise 'ungültige Eingabesyntax für Typ integer: »%«', word using errcode = '22P02'; end $$`);
    const leaks: string[] = [];
    // As it is, folded to lower case as names are, and cut at 63 bytes as names are.
    for (const value of ['qzjxqqzzjjxx', 'QzJxQqZzJjXx', 'qzjx'.repeat(30)]) {
      for (const text of [
        'select $1::regclass',
        'select $1::regrole',
        'select $1::regtype',
        "select to_tsquery($1 || ' ' || $1)",
        'select current_setting($1)',
        'select set_config($1, $1, true)',
        'select nextval($1)',
        'select in_german($1)',
      ]) {
        const error = await refusal(db.query(text, [value]));
        if (/qzjx/i.test(everyFormOf(error, { getters: false }))) leaks.push(`${text}: ${error.code} ${error.message}`);
      }
    }
    // What names no value stays readable.
    const unknown = await refusal(db.query('select missing_column, $1::text from pg_class', ['another']));
    expect(unknown.message).toContain('missing_column');
    expect(leaks).toEqual([]);
  });
});

describe.each([0, 1])('a password that changes, with Workers: %i', (Workers) => {
  let password: string;

  beforeEach(async () => {
    password = target.password;
    await setPassword(password);
  });
  afterAll(() => setPassword(target.password));

  const open = async (keys: ConnectionConfig): Promise<Database> => {
    const around = await compileDatabases({
      Workers,
      Startup: 'lazy',
      Connections: { Main: connectionOf(target, keys) },
    });
    opened.push(around);
    await around.module.init();
    return around.manager.get('Main');
  };
  const pid = async (db: Database): Promise<number> =>
    (await db.one<{ pid: number }>('select pg_backend_pid() as pid')).pid;

  it.each<[string, (given: () => string) => () => string | Promise<string>]>([
    ['a function', (given) => given],
    ['an asynchronous function', (given) => async () => given()],
  ])('%s is called anew for each connection, and never else', async (_, make) => {
    let calls = 0;
    const db = await open({ MaxConnections: 3, Password: make(() => (calls++, password)) });
    expect(calls).toBe(0);
    const leases = await Promise.all([db.acquire(), db.acquire(), db.acquire()]);
    expect(calls).toBe(3);
    await Promise.all(leases.map((lease) => lease.release()));
    for (let n = 0; n < 20; n++) await db.query('select 1');
    expect(calls).toBe(3);
    db.pool.recycle();
    // Who shares a connection is let go on until what is in flight has ended; then everybody has a new one.
    await eventually(2000, async () => {
      await db.query('select 1');
      return calls > 3;
    });
    expect(calls).toBe(4);
  });

  it('is rotated without a restart, in a function, and without an error for work in flight', async () => {
    const db = await open({ MaxConnections: 2, Password: () => password });
    const inFlight = db.one('select pg_sleep(0.4), 1 as n');
    const lease = await db.acquire();
    password = 'next ~^`| password';
    await setPassword(password);
    // Sessions that are open stay open; what is opened from now on has the new one.
    expect(await lease.one('select 1 as n')).toEqual({ n: 1 });
    const before = await lease.one<{ pid: number }>('select pg_backend_pid() as pid');
    db.pool.recycle();
    await lease.release();
    expect(await pid(db)).not.toBe(before.pid);
    expect(await inFlight).toMatchObject({ n: 1 });
  });

  it('is rotated without a restart, in a file, with or without a line break at its end', async () => {
    const File = join(folder, `rotated-${Workers}`);
    await writeFile(File, password);
    const db = await open({ MaxConnections: 1, Password: { File } });
    const pids = [await pid(db)];
    for (const [next, end] of [
      ['second password', '\n'],
      ['third password ', '\r\n'],
      ['fourth: é "\\\' password\n', '\n'],
    ] as const) {
      await setPassword(next);
      // The file is late: the open session serves on, a new one is refused at once, and comes by itself when it is there.
      expect(await pid(db)).toBe(pids.at(-1));
      db.pool.recycle();
      expect((await refusal(db.query('select 1'))).code).toBe('DB_AUTH_FAILED');
      await writeFile(File, `${next}${end}`);
      pids.push(await pid(db));
    }
    expect(new Set(pids).size).toBe(4);
  });

  it.each<[string, ConnectionConfig]>([
    ['text', { Password: 'wrong' }],
    ['a function', { Password: () => 'wrong' }],
    ['none at all', { Password: undefined }],
    ['an empty one', { Password: () => '' }],
    ['no text', { Password: () => undefined as unknown as string }],
  ])('a wrong one (%s) is refused at once, for everybody who waits', async (_, keys) => {
    const db = await open({ MaxConnections: 2, AcquireTimeoutMs: 5000, ...keys });
    const startedAt = performance.now();
    const errors = await Promise.all(Array.from({ length: 10 }, () => refusal(db.query('select 1'))));
    expect(performance.now() - startedAt).toBeLessThan(1500);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'DB_AUTH_FAILED', database: 'Main', retryable: false, inDoubt: false });
    }
    // Each caller's own error: stacks are written on them.
    expect(new Set(errors).size).toBe(10);
  });

  it('a file that is not there is named, a function that throws is not quoted', async () => {
    const File = join(folder, 'never');
    const missing = await refusal((await open({ AcquireTimeoutMs: 100, Password: { File } })).query('select 1'));
    expect(missing.code).toBe('DB_CONNECT_FAILED');
    expect(missing.message).toBe(`Main: the Password file ${File} failed (ENOENT)`);
    const throwing = await open({
      AcquireTimeoutMs: 100,
      Password: () => Promise.reject(Object.assign(new Error('token hvs.1234'), { code: 'E_VAULT' })),
    });
    const thrown = await refusal(throwing.query('select 1'));
    expect(thrown).toMatchObject({
      code: 'DB_CONNECT_FAILED',
      message: 'Main: the Password function failed (E_VAULT)',
    });
    expect(everyFormOf(thrown)).not.toContain('hvs');
  });

  it('a function that never answers costs ConnectTimeoutMs, not forever', async () => {
    const asked: ((password: string) => void)[] = [];
    const Password = (): Promise<string> => new Promise((resolve) => void asked.push(resolve));
    const db = await open({ ConnectTimeoutMs: 200, AcquireTimeoutMs: 300, Password });
    const startedAt = performance.now();
    const error = await refusal(db.query('select 1'));
    expect(['DB_CONNECT_TIMEOUT', 'DB_ACQUIRE_TIMEOUT']).toContain(error.code);
    expect(performance.now() - startedAt).toBeLessThan(800);
    // What comes too late is closed, not lent, and does not hold up the end.
    for (const answer of asked) answer(password);
  });
});

/** A port that was free a moment ago: connecting to it is refused. */
async function portOfNobody(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function withoutUndefined(config: ConnectionConfig): ConnectionConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
