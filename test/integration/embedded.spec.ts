// @hydrogen/embedded against the real thing: starts, restarts, orphans, races, rights.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedServer, type EmbeddedServer, type ServerAddress } from '@hydrogen/embedded';
import { createTestDatabase, startOwnServer, superQuery, testServer } from '../support/server.js';

const SHOP = { name: 'shop', user: 'shop_user', password: `it's "quoted"` };
const LIBRARY = new URL('../../libs/embedded/dist/index.js', import.meta.url).href;

async function queryAs(server: ServerAddress, user: string, password: string, database: string, sql: string) {
  const client = new Client({ host: server.host, port: server.port, user, password, database, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A process of its own that starts a server in `folder`, says its pid and port, and waits to be killed or told to close. */
async function startInChild(
  folder: string,
): Promise<{ child: ChildProcess; pid: number; port: number; reused: boolean }> {
  const script = `
    import { startEmbeddedServer } from ${JSON.stringify(LIBRARY)};
    const server = await startEmbeddedServer({ folder: ${JSON.stringify(folder)}, databases: [${JSON.stringify(SHOP)}] });
    console.log(JSON.stringify({ pid: server.pid, port: server.port, reused: server.reused }));
    process.stdin.on('data', async () => { await server.close(); process.exit(0); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const said: { pid: number; port: number; reused: boolean } = JSON.parse(line.toString());
  return { child, ...said };
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  if (signal) child.kill(signal);
  else child.stdin?.write('close\n');
  await exit;
}

describe('a persistent server', () => {
  let folder: string;
  let server: EmbeddedServer | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hydrogen-test-'));
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('starts, makes roles and databases, and lets only scram in', async () => {
    server = await startEmbeddedServer({ folder, databases: [SHOP] });
    expect(server).toMatchObject({ host: '127.0.0.1', reused: false });
    expect(await queryAs(server, SHOP.user, SHOP.password, SHOP.name, 'SELECT current_user AS me')).toEqual([
      { me: SHOP.user },
    ]);
    await expect(queryAs(server, SHOP.user, 'wrong', SHOP.name, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(await server.query(`SELECT version() LIKE 'PostgreSQL 18%' AS eighteen`)).toEqual([{ eighteen: true }]);
  });

  it('keeps its data and its port over a restart, and comes back in less than a second', async () => {
    const { port } = server!;
    await queryAs(server!, SHOP.user, SHOP.password, SHOP.name, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await server!.close();
    await server!.close();
    const begun = performance.now();
    server = await startEmbeddedServer({ folder, databases: [SHOP] });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(server.port).toBe(port);
    expect(await server.query('SELECT answer FROM kept', SHOP.name)).toEqual([{ answer: 42 }]);
  });

  it('stops and starts again on the same port, also after a crash', async () => {
    const { port, pid } = server!;
    await server!.stop('immediate');
    expect(server!.pid).toBe(0);
    expect(isAlive(pid)).toBe(false);
    await expect(server!.query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server!.start();
    expect(server!.port).toBe(port);
    expect(await server!.query('SELECT answer FROM kept', SHOP.name)).toEqual([{ answer: 42 }]);
    await server!.close();
  });

  it('reuses the orphan of a process that was killed', async () => {
    const orphan = await startInChild(folder);
    await end(orphan.child, 'SIGKILL');
    expect(isAlive(orphan.pid)).toBe(true);
    server = await startEmbeddedServer({ folder, databases: [SHOP] });
    expect(server).toMatchObject({ reused: true, pid: orphan.pid, port: orphan.port });
    await server.close();
    await expect(server.query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('outlives signals to the process that started it', async () => {
    const started = await startInChild(folder);
    await end(started.child, 'SIGINT');
    server = await startEmbeddedServer({ folder, databases: [] });
    expect(server).toMatchObject({ reused: true, pid: started.pid });
    await server.close();
  });

  it('is shared by two processes that start at once, and stopped by the last of them', async () => {
    const two = await Promise.all([startInChild(folder), startInChild(folder)]);
    expect(two[0].port).toBe(two[1].port);
    expect(two[0].pid).toBe(two[1].pid);
    expect(two.map(({ reused }) => reused).toSorted()).toEqual([false, true]);
    await end(two[0].child);
    server = await startEmbeddedServer({ folder, databases: [] });
    expect(server).toMatchObject({ reused: true, pid: two[0].pid });
    await server.close();
    expect(isAlive(two[1].pid)).toBe(true); // the second child still uses it
    await end(two[1].child);
    await expect(server.query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('starts over a stale pid file whose number belongs to another process by now', async () => {
    const dataFolder = server!.dataFolder;
    const { uid, gid } = await stat(dataFolder);
    const other = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    try {
      const lines = [other.pid, dataFolder, 1, server!.port, '', '127.0.0.1', '1 1', 'ready'];
      await writeFile(join(dataFolder, 'postmaster.pid'), lines.join('\n'));
      server = await startEmbeddedServer({ folder, databases: [] });
      expect(server.reused).toBe(false);
      expect(isAlive(other.pid!)).toBe(true);
    } finally {
      other.kill();
      await server!.close();
    }
  });

  it('waits for another one that has begun this very moment, whose pid file is empty still', async () => {
    const { dataFolder } = server!;
    const { uid, gid } = await stat(dataFolder);
    const file = join(dataFolder, 'postmaster.pid');
    await writeFile(file, '');
    await chown(file, uid, gid);
    const gone = sleep(150).then(() => rm(file));
    server = await startEmbeddedServer({ folder, databases: [] });
    await gone;
    await server.close();
  });

  it('says so when its fixed port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(startEmbeddedServer({ folder, databases: [], port })).rejects.toMatchObject({
      code: 'EMBEDDED_PORT_BUSY',
      message: expect.stringContaining(String(port)),
    });
    blocker.close();
  });

  it('keeps the superuser password to its owner and passwords out of the log', async () => {
    expect((await stat(join(folder, 'cluster', 'superuser-password'))).mode & 0o777).toBe(0o600);
    const log = await readFile(join(folder, 'postgres.log'), 'utf8');
    expect(log).not.toContain('quoted');
    expect(log).not.toContain(server!.superuser.password);
  });
});

describe('a server that is not persistent', () => {
  it('leaves nothing behind', async () => {
    const server = await startOwnServer();
    const { dataFolder, pid } = server;
    await server.close();
    expect(isAlive(pid)).toBe(false);
    await expect(stat(dataFolder)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a role', () => {
  it("owns its database and schema, and can't connect to another's, nor to the common ones", async () => {
    const [own, other] = await Promise.all([createTestDatabase('own'), createTestDatabase('other')]);
    const as = (database: string, sql: string) => queryAs(testServer(), own.user, own.password, database, sql);
    await as(own.database, 'CREATE TABLE mine (id int)');
    await as(own.database, 'CREATE SCHEMA more');
    for (const database of [other.database, 'postgres', 'template1']) {
      await expect(as(database, 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
    }
    await expect(as(own.database, 'CREATE ROLE friend')).rejects.toMatchObject({ code: '42501' });
    await expect(as(own.database, 'CREATE DATABASE more')).rejects.toMatchObject({ code: '42501' });
    await Promise.all([own.drop(), other.drop()]);
    await own.drop();
    expect(await superQuery(`SELECT 1 FROM pg_roles WHERE rolname IN ('${own.user}', '${other.user}')`)).toEqual([]);
  });

  it('loses its sessions when its database is dropped', async () => {
    const database = await createTestDatabase('gone');
    const sleeper = queryAs(testServer(), database.user, database.password, database.database, 'SELECT pg_sleep(30)');
    const lost = expect(sleeper).rejects.toMatchObject({ code: '57P01' });
    await sleep(100);
    await database.drop();
    await lost;
  });
});
