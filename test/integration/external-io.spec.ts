// Transactions.WarnExternalIo: requests that are made while a transaction holds its connection, and no others.
import { createServer, get, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { detached, getDatabaseToken, type Database } from '@hydrogen/database';
import { CapturedLog } from '../support/captured-log.js';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, type TestDatabase } from '../support/server.js';

let target: TestDatabase;
let other: Server;
let opened: OpenDatabases | undefined;
let host: string;

beforeEach(async () => {
  target = await createTestDatabase();
  other = createServer((_, response) => response.end('there'));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  host = `127.0.0.1:${(other.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await opened?.module.close();
  opened = undefined;
  other.closeAllConnections();
  other.close();
  await target.drop();
});

async function open(WarnExternalIo?: boolean): Promise<{ db: Database; told: () => string[] }> {
  const Transactions = WarnExternalIo === undefined ? {} : { WarnExternalIo };
  const Connections = { Main: connectionOf(target, { Transactions }) };
  opened = await compileDatabases({ Workers: 0, Connections }, { log: new CapturedLog() });
  await opened.module.init();
  const { log, module } = opened;
  const told = (): string[] => log.lines.filter((line) => line.includes('inside of a transaction'));
  return { db: module.get<Database>(getDatabaseToken('Main')), told };
}

const byFetch = async (): Promise<string> => (await fetch(`http://${host}/path?token=secret`)).text();
const byHttp = (): Promise<unknown> =>
  new Promise((resolve, reject) => {
    get(`http://${host}/path?token=secret`, (response) => response.resume().on('end', resolve)).on('error', reject);
  });

describe('a request inside of a transaction', () => {
  it('is reported, with its host and no more of its address, and the place where the transaction was begun', async () => {
    const { db, told } = await open(true);
    await db.transaction(async (tx) => {
      await tx.query('select 1');
      for (let n = 0; n < 3; n++) await byFetch();
      await byHttp();
    });
    // One for each way to name the host: with and without its port.
    expect(told()).toHaveLength(2);
    for (const line of told()) {
      expect(line).toContain(`Main: a request to`);
      expect(line).toContain('127.0.0.1');
      expect(line).toContain('external-io.spec.ts');
      expect(line).not.toContain('secret');
    }
  });

  it('is nobody’s business outside of one, beside one, after one, or detached from one', async () => {
    const { db, told } = await open(true);
    await byFetch();
    await Promise.all([db.transaction((tx) => tx.query('select pg_sleep(0.1)')), byFetch()]);
    await db.transaction(async (tx) => {
      await tx.query('select 1');
      await detached(byHttp);
    });
    await byHttp();
    expect(told()).toEqual([]);
  });

  it('is not looked at by default, nor when its database has been closed', async () => {
    const { db, told } = await open();
    await db.transaction(byFetch);
    expect(told()).toEqual([]);
    await opened?.module.close();
    const second = await open(true);
    let late: Promise<unknown> | undefined;
    await second.db.transaction(async (tx) => {
      await tx.query('select 1');
      late = (opened as OpenDatabases).module.close().then(byHttp);
    });
    await late;
    expect(second.told()).toEqual([]);
  });
});
