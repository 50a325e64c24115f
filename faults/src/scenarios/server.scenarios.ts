// Faults of the server: it restarts, crashes, stands still, is full. They are done to real processes by real signals.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Lab } from '../runner/lab.js';
import type { Measures } from '../runner/tally.js';
import { Load, LOAD_TABLE } from './load.js';
import { deadlineOf } from './pool.scenarios.js';
import { errorsText, failed, must, noErrors, NotRun, within, type Scenario } from './scenario.js';

const run = promisify(execFile);

const CALLERS = 8;

/** The load runs, `fault` happens, the load goes on for a while. */
async function underLoad(
  lab: Lab,
  callers: number,
  fault: () => Promise<Record<string, number>>,
): Promise<Record<string, number>> {
  const driver = await lab.open({ max: 8 });
  await driver.write(LOAD_TABLE);
  const load = new Load(lab, driver);
  load.start(callers);
  await lab.until(5_000, () => lab.tally.ok > 200);
  const found = await fault();
  await sleep(500);
  return { ...found, gapMs: lab.tally.longestGapMs, ...(await load.stop()) };
}

const nothingLost = (measures: Measures): readonly string[] => [
  ...within(measures, 'lost', 0),
  ...within(measures, 'mixed', 0),
];

export const SERVER_SCENARIOS: readonly Scenario[] = [
  {
    name: 'restart',
    group: 'server',
    fault: 'a fast restart under load',
    goal: 'work that may be repeated never hears of it, and goes on at once',
    known: { pg: '8 errors, gap 233 ms', 'postgres.js': '22 errors, gap 235 ms' },
    run: (lab) =>
      underLoad(lab, CALLERS, async () => {
        const stoppedAt = performance.now();
        await lab.server.stop('fast');
        await lab.server.start();
        const outageMs = performance.now() - stoppedAt;
        return { outageMs, healedMs: await lab.tally.nextSuccess(5_000) };
      }),
    judge: (measures) => [...noErrors(measures), ...within(measures, 'healedMs', 250), ...nothingLost(measures)],
  },
  {
    name: 'kill-one',
    group: 'server',
    fault: 'SIGKILL of one backend: all sessions end, the server recovers',
    goal: 'work that may be repeated never hears of it',
    known: { pg: '18 errors, gap 117 ms', 'postgres.js': '23 errors, gap 73 ms' },
    run: (lab) =>
      underLoad(lab, CALLERS, async () => {
        const [victim] = await lab.backends();
        if (victim === undefined) throw new Error('no backend to kill');
        lab.signal(victim, 'SIGKILL');
        return {};
      }),
    judge: (measures) => [...noErrors(measures), ...nothingLost(measures)],
  },
  {
    name: 'stop-postmaster',
    group: 'server',
    fault: 'no new session for 2 s (SIGSTOP of the postmaster), all backends killed',
    goal: 'work that may be repeated waits; the gap is the outage',
    known: { pg: '8 errors, gap 2,042 ms', 'postgres.js': '24 errors, gap 2,076 ms' },
    run: (lab) =>
      underLoad(lab, CALLERS, async () => {
        const victims = await lab.backends();
        const postmaster = await lab.server.pid();
        lab.signal(postmaster, 'SIGSTOP');
        for (const pid of victims) lab.signal(pid, 'SIGTERM');
        await sleep(2_000);
        lab.signal(postmaster, 'SIGCONT');
        return { healedMs: await lab.tally.nextSuccess(5_000) };
      }),
    judge: (measures) => [...noErrors(measures), ...within(measures, 'healedMs', 100), ...nothingLost(measures)],
  },
  {
    name: 'stop-backend',
    group: 'server',
    fault: 'one backend stands still for 5 s (SIGSTOP), callers have 3 s',
    goal: 'only who is on that connection suffers',
    known: { pg: '1 timeout', 'postgres.js': 'waits 5 s' },
    async run(lab) {
      const driver = await lab.open({ max: 4 });
      const held = await driver.acquire();
      const [row] = await held.query('select pg_backend_pid() as pid');
      const stopMs = lab.long ? 5_000 : 1_500;
      const timeoutMs = lab.long ? 3_000 : 700;
      lab.signal(row?.['pid'] as number, 'SIGSTOP');
      const stuck = held.query('select 1', [], { timeoutMs }).then(
        () => 'ok',
        (error: unknown) => (error as { code?: string }).code ?? 'error',
      );
      const endAt = performance.now() + stopMs;
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          while (performance.now() < endAt) {
            await lab.tally.call(() => driver.query('select 1', [], { timeoutMs }), deadlineOf(lab, timeoutMs));
          }
        }),
      );
      lab.signal(row?.['pid'] as number, 'SIGCONT');
      const heard = await Promise.race([stuck, sleep(5_000, 'hangs')]);
      await held.release();
      return { heard };
    },
    judge: (measures) => [
      ...noErrors(measures),
      ...must(measures.facts['heard'] === 'DB_DEADLINE', `its own caller: ${measures.facts['heard']}`),
    ],
  },
  {
    name: 'dies-idle',
    group: 'server',
    fault: 'backends die while idle, and while lent; nobody listens for errors',
    goal: 'the process lives, the next call is served',
    known: { pg: 'the process ends with 1 in both', 'postgres.js': '–' },
    async run(lab) {
      const driver = await lab.open({ max: 3, listener: false });
      const rounds = lab.long ? 50 : 10;
      for (let n = 0; n < rounds; n++) {
        await lab.usable(driver, 5_000);
        await lab.terminate();
        await sleep(5);
        void lab.tally.call(() => driver.query('select 1', [], { retrySafe: true }), deadlineOf(lab));
        await lab.tally.settled(5_000);
        const lease = await driver.acquire().catch(() => undefined);
        await lab.terminate();
        await sleep(5);
        await lease?.release();
        void lab.tally.call(() => driver.query('select 1', [], { retrySafe: true }), deadlineOf(lab));
        await lab.tally.settled(5_000);
      }
      return {};
    },
    judge: noErrors,
  },
  {
    name: 'kill-storm',
    group: 'server',
    fault: 'a backend is killed every 50 ms under 32 callers',
    goal: 'work that may be repeated never hears of it, and its p99 is below 3 times the undisturbed one',
    known: { pg: '1.5–1.8 % errors, 1 uncaught in 30 s', 'postgres.js': '56 hung, 12 uncaught in 15 s' },
    limitMs: 90_000,
    async run(lab) {
      const driver = await lab.open();
      await driver.write(LOAD_TABLE);
      const load = new Load(lab, driver);
      load.start(32);
      await sleep(lab.long ? 8_000 : 1_000);
      const calmP99Ms = lab.tally.percentile(0.99);
      const calmOk = lab.tally.ok;
      lab.tally.forgetLatencies();
      const endAt = performance.now() + (lab.long ? 30_000 : 2_500);
      let kills = 0;
      while (performance.now() < endAt) {
        const nextAt = performance.now() + 50;
        kills += await lab.terminateOne();
        await sleep(Math.max(0, nextAt - performance.now()));
      }
      const stormP99Ms = lab.tally.percentile(0.99);
      return { kills, calmOk, calmP99Ms, stormP99Ms, ...(await load.stop()) };
    },
    judge: (measures) => [
      ...noErrors(measures),
      ...within(measures, 'stormP99Ms', Number(measures.facts['calmP99Ms']) * 3),
      ...nothingLost(measures),
    ],
  },
  {
    name: 'disk-full',
    group: 'server',
    fault: 'the disk of a table is full (a tablespace of 24 MB)',
    goal: 'the error passes as it is, is not repeated, and the pool serves on',
    known: { pg: '6 ok, then 53100, pool fine', 'postgres.js': '–' },
    async run(lab) {
      const driver = await lab.open({ max: 4 });
      return onSmallDisk(lab, async (space) => {
        await driver.write(`create table full_one (t text) tablespace ${space}`);
        // Not to be compressed, not to be moved out of the table.
        await driver.write('alter table full_one alter t set storage plain');
        for (let n = 0; n < 12; n++) {
          await lab.tally.call(
            () =>
              driver.write(`insert into full_one select repeat(md5(i::text), 200) from generate_series(1, 500) as i`),
            deadlineOf(lab),
          );
        }
        return { healedMs: await lab.usable(driver, 2_000) };
      });
    },
    judge: (measures) => [
      ...must(measures.ok > 0 && failed(measures) > 0, `${measures.ok} ok, ${errorsText(measures) || 'no error'}`),
      ...must(
        Object.keys(measures.errors).every((code) => code === 'DB_RESOURCES'),
        errorsText(measures),
      ),
      ...within(measures, 'healedMs', 250),
    ],
  },
];

async function onSmallDisk<T>(lab: Lab, act: (space: string) => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) throw new NotRun('a small disk needs root');
  const folder = await mkdtemp(join(tmpdir(), 'hydrogen-disk-'));
  const space = `space_${lab.database}`;
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]).catch((error: unknown) => {
      throw new NotRun(`a small disk cannot be mounted: ${(error as Error).message.split('\n', 1)[0]}`);
    });
    const { uid, gid } = await lab.serverOwner();
    await chown(folder, uid, gid);
    await lab.admin(`create tablespace ${space} location '${folder}'`);
    await lab.admin(`grant create on tablespace ${space} to public`);
    try {
      return await act(space);
    } finally {
      await lab.admin('drop table if exists full_one');
      await lab.admin(`drop tablespace ${space}`);
    }
  } finally {
    await run('umount', [folder]).catch(() => {});
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}
