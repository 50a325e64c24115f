// Passwords and certificates that change while the service works: no caller hears of it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { ConnectionConfig } from '@hydrogen/config';
import type { Database } from '@hydrogen/database';
import { compileDatabases, type OpenDatabases } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { startLoad, type Load } from '../support/load.js';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';
import { certificatePath, startTlsServer, type TlsServer } from '../support/tls-server.js';

const FIRST = 'the first password';
const SECOND = 'the second password';

let folder: string;
let target: TestDatabase;
let tls: TlsServer;
const opened: OpenDatabases[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hydrogen-rotation-'));
  [target, tls] = await Promise.all([createTestDatabase(), startTlsServer()]);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ module }) => module.close()));
});
afterAll(async () => {
  await target.drop();
  await tls.close();
  await rm(folder, { recursive: true });
});

const alter = (password: string): Promise<unknown> => superQuery(`alter role ${target.user} password '${password}'`);

async function open(to: TestDatabase, keys: ConnectionConfig, Workers = 0): Promise<Database> {
  const Main = { ...connectionOf(to), MaxConnections: 4, ...keys };
  const around = await compileDatabases({ Startup: 'lazy', Workers, Connections: { Main } });
  opened.push(around);
  await around.module.init();
  return around.manager.get('Main');
}

/** Replaces every connection, again and again, and waits until callers have been answered on new ones. */
async function renew(db: Database, load: Load, times = 5): Promise<void> {
  for (let time = 0; time < times; time++) {
    const { done } = load;
    db.pool.recycle();
    await eventually(5_000, () => load.done > done + 20 || load.errors.flat().length > 0);
  }
}

describe.each([0, 1])('a password that is rotated under load (Workers: %d)', (Workers) => {
  it.each(['function', 'file'] as const)(
    'in a %s costs no caller an error, whenever a connection is made',
    async (kind) => {
      const File = join(folder, `password-${Workers}`);
      let password = FIRST;
      const write = async (next: string): Promise<void> => {
        password = next;
        await writeFile(File, `${next}\n`);
      };
      await alter(FIRST);
      await write(FIRST);
      const db = await open(target, { Password: kind === 'file' ? { File } : () => password }, Workers);
      const load = startLoad(8, (caller) => db.query(caller % 2 ? 'select 1' : 'select 1 for update'));
      await renew(db, load);
      // The new one is written, and the server does not know it yet.
      await write(SECOND);
      await renew(db, load);
      await alter(SECOND);
      await renew(db, load);
      await load.stop();
      expect(load.errors.flat()).toEqual([]);
      expect(load.done).toBeGreaterThan(300);
      expect(inspect(db, { depth: 20, showHidden: true })).not.toContain(FIRST);
    },
  );

  it('tries the one before only as long as it was not refused', async () => {
    let password = FIRST;
    await alter(FIRST);
    const connection = { Password: () => password, AcquireTimeoutMs: 2_000, Circuit: { WindowMs: 0 } };
    const db = await open(target, connection, Workers);
    await db.query('select 1');
    await alter('neither of them');
    password = SECOND;
    db.pool.recycle();
    const code = (): Promise<unknown> => db.query('select 1').catch((error: { code: string }) => error.code);
    expect(await code()).toBe('DB_AUTH_FAILED');
    await alter(FIRST);
    expect(await code()).toBe('DB_AUTH_FAILED');
    await alter(SECOND);
    expect(await eventually(2_000, async () => (await code()) !== 'DB_AUTH_FAILED')).toBeLessThan(2_000);
  });
});

describe('a client certificate that is rotated under load', () => {
  it('costs no caller an error, also while only one of its two files has been replaced', async () => {
    const [Ca, Cert, Key] = [certificatePath('ca'), join(folder, 'client.pem'), join(folder, 'client.key')];
    const put = (name: string, kind: 'pem' | 'key'): Promise<void> =>
      copyFile(certificatePath(name, kind), kind === 'pem' ? Cert : Key);
    await put('client', 'pem');
    await put('client', 'key');
    const db = await open(tls.certified, { Tls: { Mode: 'verify-full', Ca, Cert, Key } });
    const load = startLoad(8, () => db.query('select 1'));
    await renew(db, load, 2);
    // Another's certificate beside our key, then none at all, then a whole pair again.
    for (const half of [() => put('stranger', 'pem'), () => writeFile(Key, '')]) {
      await half();
      db.pool.recycle();
      // So long it takes to replace the other one, a tenth of what is waited for it.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await put('client', 'pem');
      await put('client', 'key');
      await renew(db, load, 2);
    }
    await load.stop();
    expect(load.errors.flat()).toEqual([]);
  });
});
