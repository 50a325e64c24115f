// Faults of a session's state: what one borrower leaves, and cancels that hit another one.
import { setTimeout as sleep } from 'node:timers/promises';
import { dropServerMessage } from '../proxy/toxics.js';
import type { FaultDriver, Run } from '../drivers/driver.js';
import type { Lab } from '../runner/lab.js';
import { codeOf } from '../runner/tally.js';
import { deadlineOf } from './pool.scenarios.js';
import { errorsText, must, noErrors, within, type Scenario } from './scenario.js';

/** What a borrower may do to a session, and what the next one must not see of it. */
const STAINS: readonly string[] = [
  'set search_path = pg_catalog',
  `set statement_timeout = '123s'`,
  `set role pg_monitor`,
  'create temporary table if not exists stain (n int)',
  'select pg_advisory_lock(4711)',
  'prepare stain as select 1',
  'listen stain',
  'begin',
  'begin; select 1 / 0',
  'declare stain cursor with hold for select 1',
  `set session characteristics as transaction read only`,
  `set default_transaction_isolation = 'serializable'`,
];

/** Empty on a session that nobody stained. */
const LOOK = `select concat_ws(' ',
  case when current_setting('search_path') <> '"$user", public' then 'search_path' end,
  case when current_setting('statement_timeout') = '123s' then 'statement_timeout' end,
  case when current_user <> session_user then 'role' end,
  case when exists (select from pg_class where relname = 'stain' and relnamespace = pg_my_temp_schema()) then 'temp' end,
  case when exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) then 'lock' end,
  case when exists (select from pg_prepared_statements where name = 'stain') then 'prepared' end,
  case when exists (select from pg_listening_channels() as c where c = 'stain') then 'listen' end,
  case when exists (select from pg_cursors where name = 'stain') then 'cursor' end,
  case when current_setting('default_transaction_read_only') = 'on' then 'read only' end,
  case when current_setting('default_transaction_isolation') <> 'read committed' then 'isolation' end) as seen`;

const LARGE_ENOUGH = 10_000;

async function aimedCancels(lab: Lab): Promise<Record<string, number>> {
  const driver = await lab.open({ max: 2 });
  const innocents = lab.long ? LARGE_ENOUGH : 1_200;
  const behind = 4;
  let hit = 0;
  let missed = 0;
  for (let n = 0; n < innocents; n += behind) {
    const aim = new AbortController();
    const target = driver.query('select pg_sleep(0.002)', [], { signal: aim.signal }).then(
      () => void (missed += 1),
      () => void (hit += 1),
    );
    for (let each = 0; each < behind; each++) {
      void lab.tally.call(() => driver.query('select $1::int as n', [each]), deadlineOf(lab));
    }
    // About when it ends: the moment in which a cancel hits what follows.
    await sleep(1 + Math.random() * 3);
    aim.abort();
    await target;
    await lab.tally.settled(5_000);
  }
  return { cancelled: hit, tooLate: missed };
}

async function transfer(run: Run, id: number): Promise<void> {
  await run('insert into done (id) values ($1)', [id]);
}

async function lostAcknowledgements(lab: Lab, driver: FaultDriver): Promise<Record<string, number>> {
  const calls = lab.long ? 2_000 : 300;
  const acknowledged: number[] = [];
  for (let from = 0; from < calls; from += 10) {
    await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const id = from + at;
        const done = await lab.tally.call(
          () => driver.transaction((run) => transfer(run, id).then(() => true)),
          deadlineOf(lab, 60_000),
        );
        if (done === true) acknowledged.push(id);
      }),
    );
  }
  const rows = await lab.admin('select id, count(*)::int as times from done group by id');
  const stored = new Map(rows.map(({ id, times }) => [id as number, times as number]));
  return {
    doubled: [...stored.values()].filter((times) => times > 1).length,
    lost: acknowledged.filter((id) => !stored.has(id)).length,
  };
}

export const SESSION_SCENARIOS: readonly Scenario[] = [
  {
    name: 'timeout-release',
    group: 'session',
    fault: 'a statement runs out of time on a lent connection, which is then given back',
    goal: 'the next borrower is served, and the statement is gone within 1 s',
    known: { pg: 'the next one times out too, the statement runs on', 'postgres.js': 'no timeout of a query' },
    withTimeouts: true,
    async run(lab) {
      const driver = await lab.open({ max: 1 });
      const timeoutMs = 300;
      const lease = await driver.acquire();
      await lab.tally.call(() => lease.query('select pg_sleep(6)', [], { timeoutMs }), deadlineOf(lab, timeoutMs));
      const endedAt = performance.now();
      void lease.release();
      const next = driver.query('select 1 as n').then(
        () => 'served',
        (error: unknown) => codeOf(error),
      );
      const gone = lab.until(
        8_000,
        async () => (await lab.backends(`query like '%pg_sleep(6)%' and state = 'active'`)).length === 0,
      );
      const nextOne = await Promise.race([next, sleep(8_000, 'hangs')]);
      const nextMs = performance.now() - endedAt;
      return { next: nextOne, nextMs, statementGoneMs: await gone };
    },
    judge: (measures) => [
      ...must(measures.errors['DB_DEADLINE'] === 1, errorsText(measures) || 'no error'),
      ...must(measures.facts['next'] === 'served', `the next one: ${measures.facts['next']}`),
      ...within(measures, 'nextMs', 1_100),
      ...within(measures, 'statementGoneMs', 1_000),
    ],
  },
  {
    name: 'cancel-race',
    group: 'session',
    fault: 'cancels aimed at the moment in which a statement ends, others queued behind it',
    goal: 'no cancel hits another one’s statement',
    known: { pg: '5 of 150 innocents, by pg_cancel_backend', 'postgres.js': '–' },
    oursOnly: true,
    limitMs: 120_000,
    run: aimedCancels,
    judge: noErrors,
  },
  {
    name: 'state-bleed',
    group: 'session',
    fault: '10,000 borrowers, each of which leaves something on its session',
    goal: 'the next one sees nothing of it',
    known: { pg: 'bleeds: search_path, timeouts, the open transaction', 'postgres.js': 'bleeds' },
    limitMs: 150_000,
    async run(lab) {
      await lab.admin(`grant pg_monitor to ${lab.database}`);
      const driver = await lab.open({ max: 4 });
      const leases = lab.long ? 10_000 : 600;
      let next = 0;
      const seen = new Map<string, number>();
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          while (next++ < leases) {
            await lab.tally.call(
              () =>
                driver.lease(async (run) => {
                  const [row] = await run(LOOK);
                  const stains = row?.['seen'] as string;
                  if (stains !== '') seen.set(stains, (seen.get(stains) ?? 0) + 1);
                  const stain = STAINS[Math.floor(Math.random() * STAINS.length)] as string;
                  for (const sql of stain.split('; ')) await run(sql).catch(() => {});
                }),
              deadlineOf(lab),
            );
          }
        }),
      );
      const bled = [...seen.values()].reduce((sum, count) => sum + count, 0);
      return { leases, bled, ...(bled > 0 ? { what: [...seen.keys()].slice(0, 3).join('; ') } : {}) };
    },
    judge: (measures) => [...noErrors(measures), ...within(measures, 'bled', 0)],
  },
  {
    name: 'lost-commit',
    group: 'session',
    fault: 'the answer to one COMMIT in 50 never arrives, RST',
    goal: 'nothing is stored twice, nothing that was acknowledged is missing',
    known: {
      pg: '111 errors, all had committed; a naive retry doubles 66/66',
      'postgres.js': '68 errors; doubles 40/40',
    },
    async run(lab) {
      const proxy = await lab.proxy();
      const driver = await lab.open({ via: proxy });
      await driver.write('create table done (id int not null)');
      let cut = 0;
      proxy.add(
        dropServerMessage({ type: 'C', text: 'COMMIT', nth: 50, every: 50, happened: (times) => (cut = times) }),
      );
      return { ...(await lostAcknowledgements(lab, driver)), cut };
    },
    judge: (measures) => [
      ...within(measures, 'doubled', 0),
      ...within(measures, 'lost', 0),
      ...must(Number(measures.facts['cut']) > 0, 'nothing was cut'),
    ],
  },
];
