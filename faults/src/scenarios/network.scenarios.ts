// Faults of the way between us and a server that is well: all by the proxy, so that they come exactly when they shall.
import { setTimeout as sleep } from 'node:timers/promises';
import { blackHole, corrupt, cutReply, drip, muteAccept } from '../proxy/toxics.js';
import type { FaultDriver } from '../drivers/driver.js';
import type { Lab } from '../runner/lab.js';
import { DEFAULT_DEADLINE_MS, deadlineOf } from './pool.scenarios.js';
import { errorsText, failed, must, noErrors, within, type Scenario } from './scenario.js';

/** After a refusal, and after a hole: 250 ms on a quiet machine, and room for a busy one. */
const REFUSED_MS = 250;
const HOLE_MS = 500;
/** Networks do not heal the moment that a call gives up. */
const LATER_MS = 500;

/** `count` connections that stand and are known to work. */
async function warm(driver: FaultDriver, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => driver.lease((run) => run('select pg_sleep(0.05)'))));
}

async function swallowed(lab: Lab, timeoutMs: number | undefined): Promise<Record<string, number>> {
  const proxy = await lab.proxy();
  const driver = await lab.open({ via: proxy, max: 5 });
  await warm(driver, 5);
  proxy.add(blackHole());
  const deadline = timeoutMs ?? DEFAULT_DEADLINE_MS;
  for (let n = 0; n < 20; n++) {
    const options = timeoutMs === undefined ? {} : { timeoutMs };
    void lab.tally.call(() => driver.query('select 1 as n', [], options), deadlineOf(lab, deadline));
  }
  await lab.tally.settled(deadline + 2_000);
  await sleep(LATER_MS);
  await proxy.heal();
  return { healedMs: await lab.usable(driver, 10_000) };
}

/** 600 numbered rows of 100 bytes: about 66 kB on the wire. */
const ROWS = 600;
const LARGE = `select i, repeat('x', 92) || lpad(i::text, 8, '0') as t from generate_series(1, ${ROWS}) as i`;
const isWhole = (rows: readonly Record<string, unknown>[]): boolean =>
  rows.length === ROWS &&
  rows.every(({ i, t }, at) => i === at + 1 && t === 'x'.repeat(92) + String(at + 1).padStart(8, '0'));

export const NETWORK_SCENARIOS: readonly Scenario[] = [
  {
    name: 'black-hole',
    group: 'network',
    fault: 'the network swallows everything: 20 queries, 5 connections, default settings (35 s)',
    goal: 'every call ends by its deadline, and the pool serves when it heals',
    known: { pg: '20/20 hang, dead also afterwards', 'postgres.js': '20/20 hang, dead also afterwards' },
    limitMs: 90_000,
    run: (lab) => swallowed(lab, lab.long ? undefined : 500),
    judge: (measures) => [
      ...must(measures.ok === 0, 'something came through'),
      ...within(measures, 'healedMs', HOLE_MS),
    ],
  },
  {
    name: 'black-hole-2s',
    group: 'network',
    fault: 'the same, with a limit of 2 s for each call',
    goal: 'every call ends by its own limit, and the pool serves when it heals',
    known: { pg: '20 errors at 2.0 s (query_timeout), usable after 24 ms', 'postgres.js': '20/20 hang' },
    withTimeouts: true,
    run: (lab) => swallowed(lab, 2_000),
    judge: (measures) => [
      ...must(measures.ok === 0, 'something came through'),
      ...within(measures, 'healedMs', HOLE_MS),
    ],
  },
  {
    name: 'black-hole-traffic',
    group: 'network',
    fault: 'the network swallows everything for 3 s while calls keep coming, each with a limit of 0.5 s',
    goal: 'every call ends in time, and calls are served again within 1 s of its healing',
    known: { pg: 'not measured', 'postgres.js': 'not measured' },
    withTimeouts: true,
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy, max: 5 });
      await warm(driver, 5);
      proxy.add(blackHole());
      const timeoutMs = 500;
      const call = (): void =>
        void lab.tally.call(() => driver.query('select 1', [], { timeoutMs }), deadlineOf(lab, timeoutMs));
      const traffic = setInterval(call, 20);
      await sleep(3_000);
      await proxy.heal();
      const healedMs = await lab.tally.nextSuccess(8_000);
      clearInterval(traffic);
      await lab.tally.settled(5_000);
      return { healedMs };
    },
    judge: (measures) => within(measures, 'healedMs', HOLE_MS),
  },
  {
    name: 'mute',
    group: 'network',
    fault: 'a server that accepts and never speaks, 10 calls with the default limits (5 s)',
    goal: 'connecting has a limit by default, and calls end by it',
    known: { pg: '10/10 hang', 'postgres.js': 'hang for 30 s' },
    withTimeouts: true,
    async run(lab) {
      const proxy = await lab.proxy();
      const connection = lab.long ? {} : { ConnectTimeoutMs: 700, AcquireTimeoutMs: 1_000 };
      const driver = await lab.open({ via: proxy, connection });
      proxy.add(muteAccept());
      for (let n = 0; n < 10; n++) {
        void lab.tally.call(() => driver.query('select 1'), deadlineOf(lab, lab.long ? 5_000 : 1_000));
      }
      await lab.tally.settled(12_000);
      await proxy.heal();
      return { healedMs: await lab.usable(driver, 10_000) };
    },
    judge: (measures) => [
      ...must(measures.ok === 0, 'something came through'),
      ...within(measures, 'healedMs', HOLE_MS),
    ],
  },
  {
    name: 'refused',
    group: 'network',
    fault: 'connects are refused for 1.5 s, callers have 5 s',
    goal: 'a call rides out what is shorter than its wait',
    known: { pg: '20/20 fail in 2–7 ms', 'postgres.js': '9 fail, 4 hang' },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy });
      await proxy.refuse();
      for (let n = 0; n < 20; n++) {
        void lab.tally.call(() => driver.query('select 1', [], { timeoutMs: 5_000 }), deadlineOf(lab, 5_000));
      }
      await sleep(1_500);
      await proxy.listen();
      const healedMs = await lab.tally.nextSuccess(5_000);
      await lab.tally.settled(6_000);
      return { healedMs };
    },
    judge: (measures) => [...noErrors(measures), ...within(measures, 'healedMs', REFUSED_MS)],
  },
  {
    name: 'reset-busy',
    group: 'network',
    fault: 'RST of 5 busy connections, 5 calls queued behind',
    goal: 'queued calls are served, busy ones fail with one typed error each at most',
    known: { pg: '5 errors, next query 1 ms', 'postgres.js': '10 errors, next query hangs' },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy, max: 5 });
      for (let n = 0; n < 10; n++) {
        void lab.tally.call(() => driver.lease((run) => run('select pg_sleep(0.3)')), deadlineOf(lab));
      }
      await lab.until(5_000, async () => (await lab.backends(`state = 'active'`)).length === 5);
      proxy.resetAll();
      const healedMs = await lab.usable(driver, 5_000);
      await lab.tally.settled(8_000);
      return { healedMs };
    },
    judge: (measures) => [
      ...must(failed(measures) <= 5, `${failed(measures)} failed: ${errorsText(measures)}`),
      ...must(
        Object.keys(measures.errors).every((code) => code === 'DB_CONNECTION_LOST'),
        errorsText(measures),
      ),
    ],
  },
  {
    name: 'reset-idle',
    group: 'network',
    fault: 'RST of 5 idle connections, used at once',
    goal: 'reads never hear of it',
    known: { pg: '5/5 ECONNRESET', 'postgres.js': '5/5' },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy, max: 5 });
      for (let round = 0; round < (lab.long ? 20 : 5); round++) {
        await warm(driver, 5);
        proxy.resetAll();
        for (let n = 0; n < 5; n++) {
          void lab.tally.call(() => driver.query('select 1', [], { retrySafe: true }), deadlineOf(lab));
        }
        await lab.tally.settled(5_000);
      }
      return {};
    },
    judge: noErrors,
  },
  {
    name: 'finish-busy',
    group: 'network',
    fault: 'FIN in the middle of 5 queries',
    goal: 'each ends with one typed error at once, and the next is served',
    known: { pg: 'rejected', 'postgres.js': 'rejected' },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy, max: 5 });
      for (let n = 0; n < 5; n++) {
        void lab.tally.call(() => driver.lease((run) => run('select pg_sleep(3)')), deadlineOf(lab));
      }
      await lab.until(5_000, async () => (await lab.backends(`state = 'active'`)).length === 5);
      proxy.finishAll();
      const heardAt = performance.now();
      await lab.tally.settled(5_000);
      const heardMs = performance.now() - heardAt;
      return { heardMs, healedMs: await lab.usable(driver, 5_000) };
    },
    judge: (measures) => [
      ...must(measures.errors['DB_CONNECTION_LOST'] === 5, errorsText(measures)),
      ...within(measures, 'heardMs', 250),
      ...within(measures, 'healedMs', REFUSED_MS),
    ],
  },
  {
    name: 'cut-reply',
    group: 'network',
    fault: 'a reply that ends at byte 1 … 60,000',
    goal: 'no part of a result is ever taken for the whole',
    known: { pg: '8/8 rejected', 'postgres.js': '8/8 rejected' },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy, max: 1 });
      await warm(driver, 1);
      let partial = 0;
      const cuts = [1, 4, 5, 6, 50, 1_000, 8_192, 60_000];
      for (const ending of ['finish', 'reset'] as const) {
        for (const bytes of cuts) {
          await lab.usable(driver, 5_000);
          // So that the statement has its connection, and the cut falls into its reply.
          await driver.query(LARGE).catch(() => []);
          const toxic = proxy.add(cutReply(bytes, ending));
          const call = lab.tally.call(() => driver.query(LARGE, [], { timeoutMs: 1_000 }), deadlineOf(lab, 1_000));
          await lab.tally.settled(5_000);
          proxy.remove(toxic);
          const rows = await Promise.race([call, sleep(50, undefined)]);
          if (rows !== undefined && !isWhole(rows)) partial += 1;
        }
      }
      return { partial };
    },
    judge: (measures) => [...within(measures, 'partial', 0), ...must(measures.ok === 0, `${measures.ok} resolved`)],
  },
  {
    name: 'drip',
    group: 'network',
    fault: 'a reply that drips, a byte every 20 ms',
    goal: 'a deadline holds while bytes come',
    known: { pg: 'bounded by query_timeout only', 'postgres.js': '2 of 3 hang > 12 s' },
    withTimeouts: true,
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy, max: 3 });
      await warm(driver, 3);
      proxy.add(drip(1, 20));
      const timeoutMs = lab.long ? 2_000 : 500;
      for (let n = 0; n < 3; n++) {
        void lab.tally.call(() => driver.query(LARGE, [], { timeoutMs }), deadlineOf(lab, timeoutMs));
      }
      await lab.tally.settled(lab.long ? 12_000 : 2_000);
      await sleep(LATER_MS);
      await proxy.heal();
      return { healedMs: await lab.usable(driver, 10_000) };
    },
    judge: (measures) => [
      ...must(measures.errors['DB_DEADLINE'] === 3, errorsText(measures)),
      ...within(measures, 'healedMs', HOLE_MS),
    ],
  },
  {
    name: 'garbled',
    group: 'network',
    fault: 'one byte of a reply is another one, at every place of it',
    goal: 'the worst is one failed call: nothing hangs, nothing dies, the next is served',
    known: { pg: '4 of 15 garbled messages crash the process', 'postgres.js': '5 of 15 never settle' },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy, max: 2 });
      const places = lab.long ? 120 : 40;
      for (let at = 0; at < places; at++) {
        await lab.usable(driver, 5_000);
        const toxic = proxy.add(corrupt(at));
        void lab.tally.call(
          () => driver.query(`select 1 as n, 'text' as t, now() as d`, [], { timeoutMs: 300 }),
          deadlineOf(lab, 300),
        );
        await lab.tally.settled(500);
        proxy.remove(toxic);
        proxy.resetAll();
      }
      return { healedMs: await lab.usable(driver, 5_000) };
    },
    judge: (measures) => within(measures, 'healedMs', HOLE_MS),
  },
];
