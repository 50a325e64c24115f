// What a scenario is: a fault, what we promise under it, and what the rivals were known to do.
import type { Lab } from '../runner/lab.js';
import type { Fact, Measures } from '../runner/tally.js';

export interface Scenario {
  /** As `--only` takes it. */
  readonly name: string;
  readonly group: 'pool' | 'network' | 'server' | 'session' | 'transactions';
  /** The fault, as a row of the table. */
  readonly fault: string;
  /** The promise, as a sentence. */
  readonly goal: string;
  /** What `pg` and postgres.js did when they were measured first (docs/faults.md says on what). */
  readonly known: { readonly pg: string; readonly 'postgres.js': string };
  /** After it the process is ended from outside, milliseconds. Default 60,000. */
  readonly limitMs?: number;
  /** Rivals have a second run, with their timeouts on. */
  readonly withTimeouts?: true;
  /** Only ours can be asked this. */
  readonly oursOnly?: true;
  /** Inflicts it. Calls go through `lab.tally`; what else is found is returned. @throws NotRun */
  run(lab: Lab): Promise<Readonly<Record<string, Fact>>>;
  /** What was promised and is not so; empty = met. Hung, uncaught and overruns are judged for every scenario. */
  judge(measures: Measures): readonly string[];
}

/** The machine does not allow it. No failure: the reason is printed. */
export class NotRun extends Error {}

/** Beyond its deadline a call may go so far. */
export const OVERRUN_MS = 100;

export function missesOf(scenario: Scenario, measures: Measures): string[] {
  const { hung, uncaught, overrunMs = 0 } = measures;
  return [
    ...(hung > 0 ? [`${hung} hung`] : []),
    ...(uncaught > 0 ? [`${uncaught} uncaught`] : []),
    ...(overrunMs > OVERRUN_MS ? [`${overrunMs} ms beyond a deadline`] : []),
    ...scenario.judge(measures),
  ];
}

/** `expected` or a miss that says what was found. */
export function must(holds: boolean, miss: string): readonly string[] {
  return holds ? [] : [miss];
}

export function failed({ errors }: Measures): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}

export function errorsText({ errors }: Measures): string {
  return Object.entries(errors)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ');
}

export const noErrors = (measures: Measures): readonly string[] =>
  must(failed(measures) === 0, `callers got ${errorsText(measures)}`);

/** A figure of `facts` lies between 0 and `most`; -1 stands for never. */
export function within(measures: Measures, fact: string, most: number): readonly string[] {
  const value = Number(measures.facts[fact]);
  return must(value >= 0 && value <= most, `${fact} is ${value < 0 ? 'never' : Math.round(value)}, not ≤ ${most}`);
}
