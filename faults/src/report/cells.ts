// What was measured, as words of a table's cell. Decides nothing.
import type { Apart } from '../runner/run-apart.js';
import type { Measures } from '../runner/tally.js';
import { missesOf, type Scenario } from '../scenarios/scenario.js';

export interface Run {
  readonly scenario: Scenario;
  readonly contestant: Contestant;
  readonly apart: Apart;
}

export interface Contestant {
  readonly driver: 'hydrogen' | 'pg' | 'postgres.js';
  readonly timeouts: boolean;
}

export const labelOf = ({ driver, timeouts }: Contestant): string => (timeouts ? `${driver}, timeouts 2 s` : driver);

export function cellOf(apart: Apart): string {
  if ('notRun' in apart) return `not run: ${apart.notRun}`;
  if ('ended' in apart) return apart.ended;
  const { measures } = apart;
  const { ok, errors, hung, uncaught, facts, maxMs, overrunMs } = measures;
  const parts = [
    `${ok} ok`,
    ...Object.entries(errors).map(([code, count]) => `${count} ${code}`),
    ...(hung > 0 ? [`${hung} hung`] : []),
    ...(uncaught > 0 ? [`${uncaught} uncaught`] : []),
    `slowest ${figure(maxMs)} ms`,
    ...Object.entries(facts).map(([name, value]) => factText(name, value)),
    ...(overrunMs === undefined ? [] : [`overrun ${figure(Math.max(0, overrunMs))} ms`]),
  ];
  return parts.join(', ');
}

/** `healedMs: 12` → `healed 12 ms`; -1 stands for never. */
function factText(name: string, value: Measures['facts'][string]): string {
  const words = name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (typeof value !== 'number') return `${words} ${value}`;
  if (value < 0) return `${words.replace(/ ms$/, '')} never`;
  return name.endsWith('Ms') ? `${words.replace(/ ms$/, '')} ${figure(value)} ms` : `${words} ${figure(value)}`;
}

function figure(value: number): string {
  return (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10).toLocaleString('en-US');
}

/** Undefined: it was not run. */
export function missesIn({ scenario, apart }: Run): readonly string[] | undefined {
  if ('notRun' in apart) return undefined;
  return 'ended' in apart ? [apart.ended] : missesOf(scenario, apart.measures);
}

export function verdictOf(run: Run): string {
  const misses = missesIn(run);
  if (misses === undefined) return '·';
  return misses.length === 0 ? '✔' : `✘ ${misses.join('; ')}`;
}
