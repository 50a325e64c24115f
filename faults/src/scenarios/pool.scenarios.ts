// Faults of the pool's users: nested borrowing, leaks, double releases, failing statements, more callers than places.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultDriver } from '../drivers/driver.js';
import type { Lab } from '../runner/lab.js';
import { codeOf } from '../runner/tally.js';
import { latency } from '../proxy/toxics.js';
import { failed, must, noErrors, within, type Scenario } from './scenario.js';

/** What a call without a limit of its own is allowed by default: AcquireTimeoutMs + StatementTimeoutMs. */
export const DEFAULT_DEADLINE_MS = 35_000;

/** Long enough to call it hung: the rivals have no limit at all. */
const GIVE_UP_MS = 8_000;

export const deadlineOf = (lab: Lab, ms = DEFAULT_DEADLINE_MS): number | undefined => (lab.ours ? ms : undefined);

const sessionsGone = (lab: Lab): Promise<number> => lab.until(2_000, async () => (await lab.backends()).length === 0);

/** How long `end` took; -1 when it did not come back. */
async function timedEnd(driver: FaultDriver, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  const ended = driver.end().then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([ended, sleep(limitMs, false, { ref: false })]);
  return inTime ? performance.now() - startedAt : -1;
}

export const POOL_SCENARIOS: readonly Scenario[] = [
  {
    name: 'nested-acquire',
    group: 'pool',
    fault: '8 tasks that borrow twice, 4 places',
    goal: 'whoever can never be served is refused at once, and nobody hangs',
    known: { pg: '8/8 hang', 'postgres.js': '8/8 hang' },
    async run(lab) {
      const driver = await lab.open({ max: 4 });
      for (let n = 0; n < 8; n++) {
        void lab.tally.call(
          () =>
            driver.lease(async (run) => {
              await run('select pg_sleep(0.05)');
              return driver.lease((inner) => inner('select 1'));
            }),
          deadlineOf(lab),
        );
      }
      await lab.tally.settled(GIVE_UP_MS);
      return {};
    },
    judge: (measures) => [
      ...must(measures.maxMs <= 1_000, `took ${measures.maxMs} ms`),
      ...must(
        Object.keys(measures.errors).every((code) => code === 'DB_SELF_DEADLOCK'),
        `refused with ${Object.keys(measures.errors).join(', ')}`,
      ),
    ],
  },
  {
    name: 'end-busy',
    group: 'pool',
    fault: 'the end with 2 calls running and 4 waiting',
    goal: 'each waiter is served or told so, and no session is left',
    known: { pg: '4 waiters never settle', 'postgres.js': '6/6 ok' },
    async run(lab) {
      const driver = await lab.open({ max: 2 });
      for (let n = 0; n < 6; n++) {
        void lab.tally.call(() => driver.query('select pg_sleep(0.3)'), deadlineOf(lab));
      }
      await lab.until(5_000, async () => (await lab.backends(`state = 'active'`)).length === 2);
      const endMs = await timedEnd(driver, 15_000);
      await lab.tally.settled(2_000);
      return { endMs, sessionsGoneMs: await sessionsGone(lab) };
    },
    judge: (measures) => [
      ...within(measures, 'endMs', 11_000),
      ...within(measures, 'sessionsGoneMs', 1_000),
      ...must(
        Object.keys(measures.errors).every((code) => code === 'DB_CLOSING' || code === 'DB_CLOSED'),
        `refused with ${Object.keys(measures.errors).join(', ')}`,
      ),
    ],
  },
  {
    name: 'end-leaked',
    group: 'pool',
    fault: 'the end with a connection that nobody gives back',
    goal: 'the drain budget (1 s) is kept, and no session is left',
    known: { pg: 'hangs', 'postgres.js': 'hangs without its timeout option' },
    async run(lab) {
      const driver = await lab.open({ max: 2, shutdownMs: 1_000 });
      await (await driver.acquire()).query('select 1');
      return { endMs: await timedEnd(driver, GIVE_UP_MS), sessionsGoneMs: await sessionsGone(lab) };
    },
    judge: (measures) => [...within(measures, 'endMs', 2_000), ...within(measures, 'sessionsGoneMs', 1_000)],
  },
  {
    name: 'double-release',
    group: 'pool',
    fault: 'a connection given back twice, then used',
    goal: 'the second release does nothing, the use is refused, the next borrower is alone on his session',
    known: { pg: 'throws; use afterwards works, on the next one’s session', 'postgres.js': 'n/a' },
    async run(lab) {
      const driver = await lab.open({ max: 1 });
      const first = await driver.acquire();
      await first.query('select 1');
      await first.release();
      const second = await first.release().then(
        () => 'no-op',
        () => 'throws',
      );
      const next = await driver.acquire();
      await next.query('create temporary table mine (n int)');
      const use = await Promise.race([
        first.query('insert into mine values (1)').then(() => 'works', codeOf),
        sleep(2_000, 'hangs'),
      ]);
      const rows = await lab.tally.call(() => next.query('select n from mine'), deadlineOf(lab));
      await next.release();
      return { second, use, strangersRows: rows?.length ?? -1 };
    },
    judge: ({ facts }) => [
      ...must(facts['second'] === 'no-op', `the second release ${facts['second']}`),
      ...must(facts['use'] === 'DB_RELEASED', `use after release: ${facts['use']}`),
      ...must(facts['strangersRows'] === 0, 'another one’s session was written to'),
    ],
  },
  {
    name: 'sql-errors',
    group: 'pool',
    fault: '500 statements that fail',
    goal: 'a statement that fails costs no connection',
    known: { pg: '501 connections', 'postgres.js': '1 connection' },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy });
      const failing = lab.long ? 500 : 200;
      for (let n = 0; n < failing; n++) {
        await lab.tally.call(() => driver.query('select 1 / $1::int', [0]), deadlineOf(lab));
      }
      return { statements: failing, connects: proxy.accepted };
    },
    judge: (measures) => [
      ...within(measures, 'connects', 2),
      ...must(failed(measures) === measures.facts['statements'], 'not every statement failed'),
    ],
  },
  {
    name: 'server-slots',
    group: 'pool',
    fault: 'a pool of 100 on a server of 57 places, 300 borrowers',
    goal: 'a server that is full is waited for',
    known: { pg: '194/300 fail', 'postgres.js': '152/300 fail' },
    async run(lab) {
      const driver = await lab.open({ max: 100 });
      for (let n = 0; n < 300; n++) {
        void lab.tally.call(() => driver.lease((run) => run('select pg_sleep(0.05)')), deadlineOf(lab));
      }
      await lab.tally.settled(30_000);
      return { usableMs: await lab.usable(driver, 5_000) };
    },
    judge: (measures) => [...noErrors(measures), ...within(measures, 'usableMs', 1_000)],
  },
  {
    name: 'burst',
    group: 'pool',
    fault: '200 borrowers at once, connecting takes 0.25 s',
    goal: 'a burst opens no more than its places, and is served',
    known: { pg: 'not measured', 'postgres.js': 'not measured' },
    async run(lab) {
      const proxy = await lab.proxy();
      proxy.add(latency(25));
      const driver = await lab.open({ via: proxy });
      for (let n = 0; n < 200; n++) {
        void lab.tally.call(() => driver.lease((run) => run('select 1')), deadlineOf(lab));
      }
      await lab.tally.settled(30_000);
      await proxy.heal();
      return { connects: proxy.accepted, calmMs: await lab.usable(driver, 5_000) };
    },
    judge: (measures) => [
      ...noErrors(measures),
      ...within(measures, 'connects', 10),
      ...within(measures, 'calmMs', 2_000),
    ],
  },
];
