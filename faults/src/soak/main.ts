// `npm run soak`: a server, a proxy before it, two services' worth of databases in this process, faults, a line each minute,
// and a verdict on what grew. Needs --expose-gc, which the script gives.
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedServer } from '@hydrogen/embedded';
import { openOurs } from '../drivers/hydrogen.driver.js';
import { FaultProxy } from '../proxy/fault-proxy.js';
import { textOf } from '../runner/tally.js';
import { MixedFaults } from './mixed-faults.js';
import { MixedLoad, SOAK_TABLES } from './mixed-load.js';
import { HELP, parseSoakOptions } from './options.js';
import { verdictOf, type Sample } from './verdict.js';
import { takeVitals } from './vitals.js';

const DATABASE = { name: 'soak', user: 'soak', password: 'for-the-soak-only' };
const MAX = 8;
const MINUTE_MS = 60_000;
/** The load pauses so long before each look, so that calls have ended and connections have come to rest. */
const QUIET_MS = 3_000;
/** Until their deadlines have passed. */
const SETTLE_MS = 70_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const entries = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';

async function soak(minutes: number): Promise<readonly string[]> {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  const server = await startEmbeddedServer({
    folder: tmpdir(),
    persistent: false,
    databases: [DATABASE],
    settings: { fsync: 'off', max_connections: '60' },
  });
  const brokenOff = (): void => void server.close().finally(() => process.exit(130));
  process.once('SIGINT', brokenOff).once('SIGTERM', brokenOff);
  const proxy = await FaultProxy.start(server);
  for (const sql of SOAK_TABLES) await server.query(sql, DATABASE.name);
  await server.query(`grant all on all tables in schema public to ${DATABASE.user}`, DATABASE.name);
  const { name: database, user, password } = DATABASE;
  // One with threads, one without; the load is the same.
  const services = await Promise.all(
    [1, 0].map((workers) =>
      openOurs({
        host: proxy.host,
        port: proxy.port,
        database,
        user,
        password,
        max: MAX,
        workers,
        connection: { MinConnections: 2 },
      }),
    ),
  );
  const load = new MixedLoad();
  const samples: Sample[] = [];
  const sessions = async (): Promise<number> => {
    const sql = `select count(*)::int as n from pg_stat_activity where usename = '${user}'`;
    const [row] = await server.query(sql).catch(() => []);
    return Number(row?.['n'] ?? -1);
  };
  const look = async (minute: number): Promise<void> => {
    load.pause();
    await sleep(QUIET_MS);
    const sample: Sample = { minute, ...(await takeVitals()), sessions: await sessions() };
    samples.push(sample);
    load.resume();
    const { heapMb, rssMb, handles, timers, listeners } = sample;
    say(
      `minute ${minute.toFixed(1).padStart(5)}: heap ${heapMb.toFixed(2)} MB, RSS ${rssMb.toFixed(0)} MB, handles ${handles}, timers ${timers}, ` +
        `listeners ${listeners}, sessions ${sample.sessions}; ${load.ok} ok, wrong ${load.wrong}, hung ${load.hung}, uncaught ${uncaught.length}; ${entries(load.errors)}`,
    );
  };
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / MINUTE_MS;
  const faultCounts = new Map<string, number>();
  for (const service of services) load.start(service.db);
  const step = Math.min(1, minutes / 6);
  while (elapsed() < minutes) {
    const faults = new MixedFaults(server, proxy, database);
    faults.start();
    await sleep(step * MINUTE_MS - QUIET_MS);
    await faults.stop();
    for (const [name, count] of faults.counts) faultCounts.set(name, (faultCounts.get(name) ?? 0) + count);
    await look(elapsed());
  }
  load.stop();
  const settledAt = performance.now() + SETTLE_MS;
  while (load.open > 0 && performance.now() < settledAt) await sleep(50);
  const { open } = load;
  say(`\nfaults: ${entries(faultCounts)}; notifications heard: ${load.notifications}`);
  for (const error of uncaught.slice(0, 5)) say(`uncaught: ${textOf(error)}`);
  await Promise.all(services.map((service) => service.close()));
  await sleep(500);
  const left = await sessions();
  await proxy.close();
  await server.close();
  process.off('uncaughtException', note).off('unhandledRejection', note);
  return verdictOf({
    samples,
    minutes,
    wrong: load.wrong,
    uncaught: uncaught.length,
    hung: open,
    left,
    maxSessions: 2 * MAX,
  });
}

async function main(): Promise<number> {
  const { minutes, help } = parseSoakOptions(process.argv.slice(2));
  if (help) {
    say(HELP.trimEnd());
    return 0;
  }
  if (!globalThis.gc) throw new Error('the heap can only be compared with --expose-gc: use npm run soak');
  const misses = await soak(minutes);
  say(misses.length === 0 ? 'verdict: nothing grew, nothing hung, nothing was wrong' : `verdict: ${misses.join('; ')}`);
  return misses.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(String((error as Error).stack));
    process.exit(2);
  },
);
