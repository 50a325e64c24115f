// `npm run bench` and `npm run bench:check`: options, server, cases one after the other, reports, exit code.
import { writeFileSync } from 'node:fs';
import { CASES } from './cases/cases.js';
import type { CaseSpec } from './cases/case.js';
import { describeMachine } from './machine.js';
import { chosen, HELP, OptionsError, parseOptions, type BenchOptions } from './options.js';
import { isBroken, wording } from './promises.js';
import { writeDocs } from './report/docs.js';
import { readResults, type Results } from './report/results.js';
import { caseText, machineText, summaryText } from './report/terminal.js';
import { isFailure, runCase, type CaseResult, type RunOptions } from './runner/run-case.js';
import { startServer } from './server.js';

const FULL_ROUNDS = 4;
const QUICK_ROUNDS = 2;
/** A miss is measured again with so many times the rounds before it counts. */
const SECOND_LOOK = 2;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const names = CASES.map(({ name }) => name);
  const options = parseOptions(process.argv.slice(2), names);
  if (options.help) {
    say(HELP.trimEnd());
    return 0;
  }
  const cases = chosen(CASES, options.only);
  if (options.list) {
    say(cases.map(listed).join('\n'));
    return 0;
  }
  const results = options.from.length > 0 ? told(readResults(options.from, names), options) : await run(cases, options);
  say(summaryText(results.cases));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`);
  if (options.docs) say(`Written: ${writeDocs(results).join(', ')}`);
  return options.check && results.cases.some(isBrokenCase) ? 1 : 0;
}

/** A contestant that failed has proved nothing, a rival neither: without it nothing of ours is compared with it. */
const isBrokenCase = ({ verdicts, absent }: CaseResult): boolean =>
  verdicts.some(isBroken) || Object.values(absent).some(isFailure);

function told(results: Results, { only }: BenchOptions): Results {
  const cases = results.cases.filter(({ spec }) => chosen([spec], only).length > 0);
  say(machineText(results.machine));
  for (const result of cases) say(caseText(result));
  return { ...results, cases };
}

async function run(all: readonly CaseSpec[], options: BenchOptions): Promise<Results> {
  // What nobody has promised anything about cannot be missed.
  const cases = options.check ? all.filter(({ promises }) => promises.length > 0) : all;
  const { quick, rounds = quick ? QUICK_ROUNDS : FULL_ROUNDS } = options;
  const server = await startServer(options.server);
  const closing = closeOnSignal(server.close);
  try {
    const machine = describeMachine(server);
    say(machineText(machine));
    const done: CaseResult[] = [];
    for (const spec of cases) {
      const result = await looked(spec, { url: server.url, rounds, quick, reset: server.reset }, options.check);
      say(caseText(result));
      done.push(result);
    }
    return { machine, quick, rounds, cases: done };
  } finally {
    closing();
    await server.close();
  }
}

async function looked(spec: CaseSpec, options: RunOptions, check: boolean): Promise<CaseResult> {
  const result = await runCase(spec, options);
  if (!check || !result.verdicts.some((each) => each.status === 'missed' && isBroken(each))) return result;
  say(`\n${spec.name}: a promise is missed; measured again, with ${SECOND_LOOK * options.rounds} rounds`);
  return runCase(spec, { ...options, rounds: SECOND_LOOK * options.rounds });
}

/** An interrupted run leaves no server behind. The contestants end with their parent. */
function closeOnSignal(close: () => Promise<void>): () => void {
  const end = (): void => void close().finally(() => process.exit(130));
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, end);
  return () => signals.forEach((signal) => process.off(signal, end));
}

function listed({ name, title, contestants, promises }: CaseSpec): string {
  const label = (id: string): string => contestants.find((each) => each.id === id)?.label ?? id;
  const lines = promises.map((each) => `    ${label(each.ours)}: ${each.metric} ${wording(each, label)}`);
  return [`${name}: ${title}`, ...lines].join('\n');
}

// Whoever reads through `head` has seen enough; the run itself goes on to its end, its files and its exit code.
process.stdout.on('error', () => {});

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const wrongWords = error instanceof OptionsError;
    process.stderr.write(`${error instanceof Error ? (wrongWords ? error.message : error.stack) : String(error)}\n`);
    if (wrongWords) process.stderr.write('npm run bench -- --help tells what there is\n');
    process.exitCode = wrongWords ? 2 : 1;
  },
);
