// JSON over HTTP by a real Nest application: at the client's pace, ended when he leaves, and never cut off in silence.
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DatabaseExceptionFilter,
  DatabaseModule,
  getDatabaseToken,
  InjectDatabase,
  streamJson,
  type Database,
} from '@hydrogen/database';
import { eventually } from '../support/eventually.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';
import { silentLogger } from '../support/silent-logger.js';

const MANY = "select n, repeat('x', 1000) pad from (select generate_series(1, 1000000) n) g /* http_marker */";

@Controller()
class RowsController {
  constructor(@InjectDatabase('Main') private readonly db: Database) {}

  @Get('small')
  async small() {
    return streamJson(await this.db.json('select n from generate_series(1, 3) n'));
  }

  @Get('lines')
  async lines() {
    const result = await this.db.ndjson('select n from generate_series(1, 3) n');
    return streamJson(result, { disposition: 'attachment; filename="rows.ndjson"' });
  }

  @Get('large')
  async large() {
    return streamJson(await this.db.json(MANY, [], { timeoutMs: 60_000 }));
  }

  @Get('late')
  async late() {
    return streamJson(
      await this.db.json("select 1 / (50000 - n) q, repeat('x', 100) from generate_series(1, 60000) n"),
    );
  }

  @Get('wrong')
  async wrong() {
    return streamJson(await this.db.json('select * from missing'));
  }
}

describe.each([0, 1])('with Workers: %i', (Workers) => {
  let target: TestDatabase;
  let app: INestApplication<Server>;
  let db: Database;
  let port: number;

  beforeAll(async () => {
    target = await createTestDatabase();
    const module = await Test.createTestingModule({
      imports: [
        DatabaseModule.forRoot({
          config: { Workers, Connections: { Main: connectionOf(target, { MaxConnections: 2 }) } },
          env: {},
        }),
      ],
      controllers: [RowsController],
      providers: [{ provide: APP_FILTER, useClass: DatabaseExceptionFilter }],
    })
      .setLogger(silentLogger)
      .compile();
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
    db = app.get<Database>(getDatabaseToken('Main'));
  });
  afterAll(async () => {
    await app.close();
    await target.drop();
  });

  const get = (path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request({ port, path, host: '127.0.0.1', agent: false }, resolve).on('error', reject).end();
    });
  const body = async (response: IncomingMessage): Promise<string> => {
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    return Buffer.concat(pieces).toString();
  };
  const running = async (): Promise<Record<string, unknown> | undefined> =>
    (
      await superQuery(
        `select state, wait_event from pg_stat_activity where query like '%http_marker%' and state = 'active' and usename = '${target.user}'`,
      )
    )[0];
  const free = (): Promise<number> => eventually(1_000, () => db.pool.stats().leased === db.pool.stats().standing);

  it('sends JSON and lines, with their types', async () => {
    const json = await get('/small');
    expect(json.headers['content-type']).toMatch(/^application\/json/);
    expect(await body(json)).toBe('[{"n":1},{"n":2},{"n":3}]');
    const lines = await get('/lines');
    expect(lines.headers['content-type']).toMatch(/^application\/x-ndjson/);
    expect(lines.headers['content-disposition']).toContain('rows.ndjson');
    expect(await body(lines)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    await free();
  });

  it('answers an error before the first byte as any other', async () => {
    const response = await get('/wrong');
    expect(response.statusCode).toBe(500);
    expect(JSON.parse(await body(response))).toMatchObject({ code: 'DB_SYNTAX' });
    await free();
  });

  it('breaks the response off when the error comes later', async () => {
    const response = await get('/late');
    expect(response.statusCode).toBe(200);
    await expect(body(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(response.complete).toBe(false);
    await free();
  });

  it('goes at the pace of a slow client, and the server waits', async () => {
    // The process of the tests has a past: what counts is what this adds, of the gigabyte that is there to be read.
    const before = process.memoryUsage().rss;
    const response = await get('/large');
    try {
      response.pause();
      await eventually(5_000, async () => (await running())?.['wait_event'] === 'ClientWrite');
      expect(process.memoryUsage().rss - before).toBeLessThan(2e8);
    } finally {
      response.destroy();
    }
    await eventually(1_000, async () => (await running()) === undefined);
    await free();
  });

  it('ends the statement of a client who leaves in the middle', async () => {
    const response = await get('/large');
    let read = 0;
    for await (const piece of response) if ((read += (piece as Buffer).length) > 5e6) break;
    await eventually(1_000, async () => (await running()) === undefined);
    await free();
    expect(await db.one('select 1 n')).toEqual({ n: 1 });
  });
});
