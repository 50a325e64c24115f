// `npm run faults`: options, server, scenarios one after the other, each with each driver in a process of its own, report.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { startEmbeddedServer, type EmbeddedServer } from '@hydrogen/embedded';
import { HELP, OptionsError, parseOptions, type FaultOptions } from './options.js';
import { cellOf, labelOf, missesIn, verdictOf, type Contestant, type Run } from './report/cells.js';
import { writeDocs } from './report/docs.js';
import { runApart } from './runner/run-apart.js';
import type { Scenario } from './scenarios/scenario.js';
import { SCENARIOS } from './scenarios/scenarios.js';

/**
 * 57 places, for three of them are the superuser's. Commits are written at once, for crashes are among the faults and what was
 * acknowledged is looked for behind them; it need not survive a power cut.
 */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'on',
  full_page_writes: 'off',
  max_connections: '60',
  superuser_reserved_connections: '3',
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function contestantsOf({ withTimeouts, oursOnly }: Scenario, rivals: boolean): Contestant[] {
  const ours: Contestant = { driver: 'hydrogen', timeouts: false };
  if (!rivals || oursOnly === true) return [ours];
  const timeouts = withTimeouts === true ? [false, true] : [false];
  return [
    ours,
    ...(['pg', 'postgres.js'] as const).flatMap((driver) => timeouts.map((on) => ({ driver, timeouts: on }))),
  ];
}

/** `done` hears of all runs so far after each scenario: one that is broken off keeps what it has. */
async function runAll(
  server: EmbeddedServer,
  options: FaultOptions,
  done: (runs: readonly Run[]) => void,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (const scenario of SCENARIOS) {
    if (options.only.length > 0 && !options.only.includes(scenario.name)) continue;
    say(`\n${scenario.name}: ${scenario.fault}\n  promise: ${scenario.goal}`);
    for (const contestant of contestantsOf(scenario, options.rivals)) {
      const task = { ...contestant, workers: options.workers, long: !options.short };
      const run = { scenario, contestant, apart: await runApart(scenario, server, task) };
      runs.push(run);
      const known =
        contestant.driver === 'hydrogen' || contestant.timeouts ? '' : ` (known: ${scenario.known[contestant.driver]})`;
      const verdict = contestant.driver === 'hydrogen' ? verdictOf(run) : ' ';
      say(`  ${labelOf(contestant).padEnd(24)} ${cellOf(run.apart)}${known} ${verdict}`);
    }
    done(runs);
  }
  return runs;
}

async function main(): Promise<number> {
  const options = parseOptions(
    process.argv.slice(2),
    SCENARIOS.map(({ name }) => name),
  );
  if (options.help) return (say(HELP.trimEnd()), 0);
  if (options.list) {
    for (const { name, fault } of SCENARIOS) say(`${name.padEnd(18)} ${fault}`);
    return 0;
  }
  const server = await startEmbeddedServer({ folder: tmpdir(), persistent: false, databases: [], settings: SETTINGS });
  const brokenOff = (): void => void server.close().finally(() => process.exit(130));
  process.once('SIGINT', brokenOff).once('SIGTERM', brokenOff);
  try {
    const [version] = await server.query('show server_version');
    const postgresql = version?.['server_version'] as string;
    const runs = await runAll(server, options, (soFar) => {
      if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(soFar.map(plain), undefined, 2));
      if (options.docs) writeDocs(soFar, { postgresql, short: options.short, workers: options.workers });
    });
    const ours = runs.filter(({ contestant }) => contestant.driver === 'hydrogen');
    const missed = ours.filter((run) => (missesIn(run) ?? []).length > 0);
    const not = ours.filter((run) => missesIn(run) === undefined);
    say(`\n${ours.length - missed.length - not.length} promises kept, ${missed.length} missed, ${not.length} not run`);
    for (const run of missed) say(`  ${run.scenario.name}: ${verdictOf(run)}`);
    return missed.length > 0 ? 1 : 0;
  } finally {
    await server.close();
  }
}

const plain = ({ scenario: { name, fault, goal }, contestant, apart }: Run): object => ({
  name,
  fault,
  goal,
  ...contestant,
  ...apart,
});

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    say(error instanceof OptionsError ? `${error.message}\n\n${HELP}` : String((error as Error).stack));
    process.exitCode = 2;
  },
);
