// What isolation levels promise, looked for in what transactions saw, under kills and lost COMMITs. The levels that promise less are
// in it for the checker's sake: where it finds nothing there, it is blind, and its silence at `serializable` worth nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { ListAppendLoad, LIST_TABLES } from '../checkers/list-append-load.js';
import { anomaliesIn, countsOf, type AnomalyKind } from '../checkers/list-append.js';
import type { Isolation } from '../drivers/driver.js';
import { dropServerMessage } from '../proxy/toxics.js';
import type { Lab } from '../runner/lab.js';
import type { Fact, Measures } from '../runner/tally.js';
import { errorsText, failed, must, type Scenario } from './scenario.js';

const CALLERS = 8;
const KILL_EVERY_MS = 100;
const LOSE_EVERY = 50;
const LOSE_FIRST = 10;
const LONG_MS = 30_000;
const SHORT_MS = 3_000;
const DEADLINE_MS = 60_000;
const GIVE_UP_MS = 8_000;

async function runLists(lab: Lab, isolation: Isolation): Promise<Readonly<Record<string, Fact>>> {
  const proxy = await lab.proxy();
  // They do not take their rows in order: at the server's second a deadlock would be all that is seen.
  await lab.admin(`alter database ${lab.database} set deadlock_timeout = '50ms'`);
  const driver = await lab.open({ via: proxy });
  for (const sql of LIST_TABLES) await driver.write(sql);
  let lostCommits = 0;
  const happened = (times: number): void => void (lostCommits = times);
  const loss = dropServerMessage({ type: 'C', text: 'COMMIT', nth: LOSE_FIRST, every: LOSE_EVERY, happened });
  proxy.add(loss);
  const load = new ListAppendLoad(driver, isolation);
  const endAt = performance.now() + (lab.long ? LONG_MS : SHORT_MS);
  const callers = Array.from({ length: CALLERS }, async () => {
    while (performance.now() < endAt) await lab.tally.call(() => load.transaction(), DEADLINE_MS);
  });
  let kills = 0;
  while (performance.now() < endAt) {
    kills += await lab.terminateOne();
    await sleep(KILL_EVERY_MS);
  }
  await Promise.race([Promise.all(callers), sleep(GIVE_UP_MS, undefined, { ref: false })]);
  await lab.tally.settled(GIVE_UP_MS);
  const found = anomaliesIn(load.history, await load.last((sql) => lab.admin(sql)));
  const { committed = 0, aborted = 0, unknown = 0 } = driver.settled?.() ?? {};
  return {
    kills,
    lostCommits,
    committed,
    aborted,
    unknown,
    runs: load.history.length,
    anomalies: found.length,
    ...countsOf(found),
    ...(found[0] === undefined ? {} : { example: `${found[0].kind}: ${found[0].what}`.slice(0, 300) }),
  };
}

/** Who met a conflict or a kill in each of six runs is told so, and may come again. Nobody is left in doubt. */
const RETRYABLE: ReadonlySet<string> = new Set(['DB_SERIALIZATION', 'DB_DEADLOCK', 'DB_CONNECTION_LOST']);
const onlyConflicts = (measures: Measures): readonly string[] =>
  must(
    Object.keys(measures.errors).every((code) => RETRYABLE.has(code)) && failed(measures) < measures.ok / 4,
    `callers got ${errorsText(measures)}`,
  );

const faultsHappened = ({ ok, facts }: Measures): readonly string[] => [
  ...must(ok > 50, `only ${ok} committed`),
  ...must(Number(facts['kills']) > 0 && Number(facts['lostCommits']) > 0, 'no fault'),
];

/** Of all kinds, those that the level allows; at least one of `some` must be there. */
function judgeOf(allowed: readonly AnomalyKind[], some: readonly AnomalyKind[]) {
  return (measures: Measures): readonly string[] => {
    const { facts } = measures;
    const count = (kinds: readonly AnomalyKind[]): number =>
      kinds.reduce((sum, kind) => sum + Number(facts[kind] ?? 0), 0);
    const wrong = Number(facts['anomalies']) - count(allowed);
    return [
      ...onlyConflicts(measures),
      ...faultsHappened(measures),
      ...must(wrong === 0, `${wrong} anomalies, such as ${String(facts['example'])}`),
      ...must(some.length === 0 || count(some) > 0, `the checker is blind: no ${some.join(', ')}`),
    ];
  };
}

const LOSSES: readonly AnomalyKind[] = ['lost append', 'incompatible order'];
const FAULT = 'a kill every 100 ms, 2 % of the answers to COMMIT lost';

function scenarioOf(isolation: Isolation, goal: string, judge: Scenario['judge']): Scenario {
  return {
    name: `list-append-${isolation.replace(' ', '-')}`,
    group: 'transactions',
    fault: `${FAULT}; appends and reads of lists, ${isolation}`,
    goal,
    known: { pg: '–', 'postgres.js': '–' },
    limitMs: 90_000,
    oursOnly: true,
    run: (lab) => runLists(lab, isolation),
    judge,
  };
}

export const LIST_APPEND_SCENARIOS: readonly Scenario[] = [
  scenarioOf('serializable', 'not one anomaly, and none of what was run again', judgeOf([], [])),
  scenarioOf(
    'repeatable read',
    'write skew, which the checker must see, and nothing else',
    judgeOf(['G2-item'], ['G2-item']),
  ),
  scenarioOf(
    'read committed',
    'appends are lost, which the checker must see, and nothing is read that was undone',
    judgeOf([...LOSSES, 'internal', 'G0', 'G1c', 'G-single', 'G2-item'], LOSSES),
  ),
];
