// The bank under kills and lost answers to COMMIT. Ours runs a transfer as its users write it, by `transaction()`; the rivals run
// it in the loop that their users write around them, for neither runs anything again by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, BANK_TABLES, nextTransfer, transfer, type Told } from '../checkers/bank.js';
import type { FaultDriver, Run } from '../drivers/driver.js';
import { dropServerMessage } from '../proxy/toxics.js';
import type { Lab } from '../runner/lab.js';
import type { Fact, Measures } from '../runner/tally.js';
import { must, noErrors, within, type Scenario } from './scenario.js';

const CALLERS = 32;
const KILL_EVERY_MS = 50;
/** 2 % of all. */
const LOSE_EVERY = 50;
/** The whole callback, on any error. */
const RIVALS_RUNS = 6;
const LONG_MS = 30_000;
const SHORT_MS = 2_500;
const GIVE_UP_MS = 8_000;
/** TransactionTimeoutMs. */
const DEADLINE_MS = 60_000;

interface Faults {
  readonly kills: boolean;
  readonly lostCommits: boolean;
}

/** As users of a driver without runs of its own write it. */
async function inALoop(driver: FaultDriver, work: (run: Run) => Promise<void>): Promise<void> {
  for (let run = 1; ; run++) {
    try {
      return await driver.transaction(work);
    } catch (error) {
      if (run === RIVALS_RUNS) throw error;
    }
  }
}

function toldBy(error: unknown, ours: boolean): Told {
  const { code, inDoubt } = error as { code?: unknown; inDoubt?: unknown };
  if (code === 'DB_COMMIT_UNKNOWN') return 'unknown';
  // Nobody else says what his errors mean.
  return ours && inDoubt !== true ? 'failed' : 'error';
}

async function killUntil(lab: Lab, endAt: number): Promise<number> {
  let kills = 0;
  while (performance.now() < endAt) {
    const nextAt = performance.now() + KILL_EVERY_MS;
    kills += await lab.terminateOne();
    await sleep(Math.max(0, nextAt - performance.now()));
  }
  return kills;
}

async function runBank(lab: Lab, faults: Faults): Promise<Readonly<Record<string, Fact>>> {
  const proxy = await lab.proxy();
  // At the server's second a deadlock keeps everybody behind it waiting, and is all that p99 shows.
  await lab.admin(`alter database ${lab.database} set deadlock_timeout = '100ms'`);
  const driver = await lab.open({ via: proxy });
  for (const sql of BANK_TABLES) await driver.write(sql);
  let lostCommits = 0;
  const loss = dropServerMessage({
    type: 'C',
    text: 'COMMIT',
    nth: LOSE_EVERY,
    every: LOSE_EVERY,
    happened: (times) => (lostCommits = times),
  });
  if (faults.lostCommits) proxy.add(loss);

  const told = new Map<number, Told>();
  let [calls, runs] = [0, 0];
  const startedAt = performance.now();
  const endAt = startedAt + (lab.long ? LONG_MS : SHORT_MS);
  const callers = Array.from({ length: CALLERS }, async () => {
    while (performance.now() < endAt) {
      const next = nextTransfer(++calls);
      const work = (run: Run): Promise<void> => {
        runs += 1;
        return transfer(run, next);
      };
      const attempt = async (): Promise<void> => {
        try {
          await (lab.ours ? driver.transaction(work) : inALoop(driver, work));
          told.set(next.id, 'done');
        } catch (error) {
          told.set(next.id, toldBy(error, lab.ours));
          throw error;
        }
      };
      await lab.tally.call(attempt, lab.ours ? DEADLINE_MS : undefined);
    }
  });
  const kills = faults.kills ? await killUntil(lab, endAt) : (await sleep(endAt - performance.now()), 0);
  await Promise.race([Promise.all(callers), sleep(GIVE_UP_MS, undefined, { ref: false })]);
  await lab.tally.settled(GIVE_UP_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  proxy.remove(loss);
  const [{ deadlocks } = {}] = await lab.admin(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  const settled = driver.settled?.();
  return {
    perSecond: Math.round(lab.tally.ok / seconds),
    p50Ms: lab.tally.percentile(0.5),
    p99Ms: lab.tally.percentile(0.99),
    kills,
    lostCommits,
    deadlocks: deadlocks as number,
    // Calls that hang may not have had their first.
    runAgain: Math.max(0, runs - calls),
    ...(settled === undefined
      ? {}
      : { committed: settled.committed, aborted: settled.aborted, unknown: settled.unknown }),
    ...(await audit((sql) => lab.admin(sql), told)),
  };
}

/** 99.9 % of the COMMITs whose answer was lost. */
function settledOf({ facts }: Measures): readonly string[] {
  const [found, unknown] = [Number(facts['committed']) + Number(facts['aborted']), Number(facts['unknown'])];
  return must(unknown <= 0.001 * (found + unknown), `${unknown} of ${found + unknown} lost COMMITs were not settled`);
}

const judge = (measures: Measures): readonly string[] => [
  ...noErrors(measures),
  ...['lost', 'doubled', 'denied', 'unbalanced', 'made'].flatMap((fact) => within(measures, fact, 0)),
  ...settledOf(measures),
];

/** The fault happened, or nothing was shown. */
const happened = (measures: Measures, ...facts: readonly string[]): readonly string[] =>
  facts.flatMap((fact) => must(Number(measures.facts[fact]) > 0, `no ${fact}`));

const LIMIT_MS = 90_000;
const GOAL = 'no caller hears of it, nothing is lost, nothing is done twice, and the sum stays';

export const BANK_SCENARIOS: readonly Scenario[] = [
  {
    name: 'bank-calm',
    group: 'transactions',
    fault: 'none: 32 callers, transfers of four statements',
    goal: 'deadlocks are run again, nothing is lost, nothing is done twice',
    known: { pg: '1,661/s, p50 18 ms', 'postgres.js': '1,060/s' },
    limitMs: LIMIT_MS,
    run: (lab) => runBank(lab, { kills: false, lostCommits: false }),
    judge,
  },
  {
    name: 'bank-kills',
    group: 'transactions',
    fault: 'a backend is killed every 50 ms under 32 callers of transfers',
    goal: GOAL,
    known: { pg: '1.8 % errors, 1 uncaught in 30 s', 'postgres.js': '13.9 % errors, 56 hung, 12 uncaught in 15 s' },
    limitMs: LIMIT_MS,
    run: (lab) => runBank(lab, { kills: true, lostCommits: false }),
    judge: (measures) => [...judge(measures), ...happened(measures, 'kills', 'runAgain')],
  },
  {
    name: 'bank-lost-commits',
    group: 'transactions',
    fault: '2 % of the answers to COMMIT are lost behind the server’s CommandComplete',
    goal: GOAL,
    known: { pg: '66 of 66 applied twice', 'postgres.js': '40 of 40 applied twice' },
    limitMs: LIMIT_MS,
    run: (lab) => runBank(lab, { kills: false, lostCommits: true }),
    judge: (measures) => [...judge(measures), ...happened(measures, 'lostCommits', 'committed')],
  },
  {
    name: 'bank-both',
    group: 'transactions',
    fault: 'both: a kill every 50 ms, and 2 % of the answers to COMMIT lost',
    goal: GOAL,
    known: { pg: '–', 'postgres.js': '–' },
    limitMs: LIMIT_MS,
    run: (lab) => runBank(lab, { kills: true, lostCommits: true }),
    judge: (measures) => [...judge(measures), ...happened(measures, 'kills', 'lostCommits', 'committed')],
  },
];
