// One deadline from the HTTP request to the server's statement, the end of a client that leaves, and leases that a request forgot.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Injectable, Param, UseInterceptors, type INestApplication } from '@nestjs/common';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DatabaseError,
  detached,
  InjectDatabase,
  RequestDeadline,
  RequestDeadlineInterceptor,
  type Database,
  type DatabaseLease,
} from '@hydrogen/database';
import { eventually } from '../support/eventually.js';
import { openModule, type OpenModule } from '../support/module.js';
import { superQuery } from '../support/server.js';
import { silentLogger } from '../support/silent-logger.js';

const heard: string[] = [];
const leases: DatabaseLease[] = [];

async function told(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    heard.push('ok');
  } catch (error) {
    heard.push(error instanceof DatabaseError ? `${error.code} ${error.message}` : String(error));
  }
  return heard.at(-1) ?? '';
}

const sleep = (db: { query: Database['query'] }, seconds: number) => told(db.query('select pg_sleep($1)', [seconds]));

@Injectable()
@Controller()
@UseInterceptors(new RequestDeadlineInterceptor({ timeoutMs: 300, header: 'X-Wait-Ms' }))
class Routes {
  constructor(@InjectDatabase('Main') private readonly db: Database) {}

  /** Two statements that would each be in time. */
  @Get('two')
  async two(): Promise<string[]> {
    return [await sleep(this.db, 0.2), await sleep(this.db, 0.2)];
  }

  @Get('sleep/:seconds')
  sleep(@Param('seconds') seconds: string): Promise<string> {
    return sleep(this.db, Number(seconds));
  }

  @Get('long')
  @RequestDeadline({ timeoutMs: 10_000 })
  long(): Promise<string> {
    return sleep(this.db, 8);
  }

  @Get('kept')
  @RequestDeadline({ timeoutMs: 10_000, cancelOnDisconnect: false })
  kept(): Promise<string> {
    return sleep(this.db, 0.4);
  }

  /** A lease, and a time that ends in spite of the client's leaving. */
  @Get('kept-lease')
  @RequestDeadline({ timeoutMs: 1_500, cancelOnDisconnect: false })
  async keptLease(): Promise<string> {
    const lease = await this.db.acquire();
    leases.push(lease);
    await sleep(lease, 0.4);
    await sleep(lease, 0.2);
    return sleep(lease, 8);
  }

  @Get('transaction')
  @RequestDeadline(10_000)
  transaction(): Promise<string> {
    return told(
      this.db.transaction(async (tx) => {
        await tx.query('insert into t values (1)');
        await tx.query('select pg_sleep(8)');
      }),
    );
  }

  @Get('leak')
  async leak(): Promise<string> {
    const lease = await this.db.acquire();
    leases.push(lease);
    await lease.query('begin');
    return 'forgotten';
  }

  @Get('background')
  async background(): Promise<string> {
    detached(() => void sleep(this.db, 0.5));
    return 'begun';
  }

  @Get('afterwards')
  async afterwards(): Promise<string> {
    void sleep(this.db, 0).then(() => sleep(this.db, 0.5));
    return 'begun';
  }
}

let open: OpenModule;
let app: INestApplication;
let port: number;
const warnings: string[] = [];

beforeEach(async () => {
  heard.length = leases.length = warnings.length = 0;
  open = await openModule({ metadata: { controllers: [Routes] }, connection: { MaxConnections: 2 } });
  await open.db.query('create table t (n int)');
  app = open.module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
  jest.spyOn(silentLogger, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message)));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app.close();
  await open.close();
});

const fetchText = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/${path}`, { headers })).text();

/** A client that leaves as soon as its statement runs. */
async function leaveDuring(path: string, statement: string): Promise<void> {
  const request = get({ port, path: `/${path}`, agent: false });
  request.on('error', () => {});
  await eventually(5_000, async () => (await running(statement)) === 1);
  request.destroy();
}

async function running(statement: string): Promise<number> {
  const rows = await superQuery(
    `select pid from pg_stat_activity where datname = '${open.target.database}' and state = 'active' and query like '${statement}%'`,
  );
  return rows.length;
}

describe('the deadline of a request', () => {
  it('is one for all its calls: the second ends when the request’s time does, and says so', async () => {
    const started = performance.now();
    const [first, second] = JSON.parse(await fetchText('two')) as string[];
    expect(first).toBe('ok');
    expect(second).toMatch(/^DB_DEADLINE .*deadline of \d+ ms passed, the request's \(step: execute\)/);
    expect(performance.now() - started).toBeLessThan(2_000);
    await eventually(1_000, async () => (await running('select pg_sleep')) === 0);
  });

  it('may be shortened by the caller’s header, and not lengthened', async () => {
    expect(await fetchText('sleep/0.2', { 'x-wait-ms': '50' })).toContain('DB_DEADLINE');
    expect(await fetchText('sleep/0.6', { 'x-wait-ms': '60000' })).toContain('DB_DEADLINE');
    expect(await fetchText('sleep/0', { 'x-wait-ms': 'soon' })).toBe('ok');
  });

  it('does not bind work that is detached, nor work that goes on after the answer', async () => {
    await fetchText('background');
    await fetchText('afterwards');
    await eventually(5_000, () => heard.length === 3);
    expect(heard).toEqual(['ok', 'ok', 'ok']);
  });

  it('ends with it: calls outside of a request have none, also on a connection that a request opened', async () => {
    await fetchText('sleep/0');
    expect(await sleep(open.db, 0.5)).toBe('ok');
  });
});

describe('a client that leaves', () => {
  it('ends its statement at the server and in the service', async () => {
    await leaveDuring('long', 'select pg_sleep');
    await eventually(2_000, async () => heard.length > 0 && (await running('select pg_sleep')) === 0);
    expect(heard[0]).toMatch(/^DB_CANCELLED .*client has left/);
  });

  it('rolls back its transaction', async () => {
    await leaveDuring('transaction', 'select pg_sleep');
    await eventually(2_000, () => heard.length > 0 && open.db.pool.stats().leased === open.db.pool.stats().standing);
    expect(heard[0]).toContain('DB_CANCELLED');
    expect(await open.db.exists('select 1 from t')).toBe(false);
  });

  it('is waited for where the route says so', async () => {
    await leaveDuring('kept', 'select pg_sleep');
    await eventually(2_000, () => heard.length > 0);
    expect(heard).toEqual(['ok']);
  });

  it('and is waited for takes neither a lease nor the deadline from the handler; what it forgot goes at its end', async () => {
    await leaveDuring('kept-lease', 'select pg_sleep');
    await eventually(1_000, () => heard.length === 2);
    expect([heard, warnings]).toEqual([['ok', 'ok'], []]);
    await eventually(3_000, () => heard.length === 3 && open.db.pool.stats().leased === 0);
    expect(heard[2]).toMatch(/^DB_DEADLINE .*the request's/);
    expect(warnings.join('\n')).toContain('not given back by the end of the request');
  });
});

describe('a lease that a request forgot', () => {
  it('is taken back at its end, cleaned, and reported with the place where it was acquired', async () => {
    expect(await fetchText('leak')).toBe('forgotten');
    await eventually(2_000, () => open.db.pool.stats().leased === 0);
    expect(warnings.join('\n')).toMatch(/not given back by the end of the request[^]*request-deadline\.spec/);
    await expect(leases[0]?.query('select 1')).rejects.toMatchObject({ code: 'DB_RELEASED' });
    const states = await superQuery(`select state from pg_stat_activity where datname = '${open.target.database}'`);
    expect(states.map(({ state }) => state)).not.toContain('idle in transaction');
  });
});

describe('the options', () => {
  it('must be a time', () => {
    expect(() => new RequestDeadlineInterceptor({ timeoutMs: -1 })).toThrow('timeoutMs must be a number');
  });
});
