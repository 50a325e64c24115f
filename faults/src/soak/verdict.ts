// What the figures of a soak say. Pure.
import type { Vitals } from './vitals.js';

export interface Sample extends Vitals {
  readonly minute: number;
  /** Of ours at the server. */
  readonly sessions: number;
}

export interface SoakResult {
  readonly samples: readonly Sample[];
  readonly minutes: number;
  readonly wrong: number;
  readonly uncaught: number;
  /** Calls that had not settled when every deadline had passed. */
  readonly hung: number;
  /** Sessions at the server after the close. */
  readonly left: number;
  readonly maxSessions: number;
}

const HEAP_MB = 1;
/** Handles and timers follow the number of connections; what leaks grows beyond it. */
const SWING = 16;

const level = (of: readonly Sample[], key: keyof Vitals): number =>
  of.reduce((sum, sample) => sum + sample[key], 0) / of.length;

/** What was missed; empty = nothing grew. */
export function verdictOf(result: SoakResult): string[] {
  const { samples, minutes, wrong, uncaught, hung, left, maxSessions } = result;
  const warm = samples.filter(({ minute }) => minute >= Math.min(5, minutes / 6));
  const [first, last] = [warm[0], warm.at(-1)];
  const counts = [wrong, uncaught, hung, left];
  const words = ['wrong results', 'uncaught errors', 'calls that never settled', 'sessions left after the close'];
  const misses = words.flatMap((word, at) => ((counts[at] ?? 0) > 0 ? [`${counts[at]} ${word}`] : []));
  if (!first || !last) return [...misses, 'too short to compare anything'];
  // Levels, not moments: the means of the first and of the last third.
  const third = Math.max(1, Math.floor(warm.length / 3));
  const grown = (key: keyof Vitals): number => level(warm.slice(-third), key) - level(warm.slice(0, third), key);
  if (grown('heapMb') >= HEAP_MB) misses.push(`the heap grew by ${grown('heapMb').toFixed(2)} MB`);
  for (const key of ['handles', 'timers'] as const) {
    if (grown(key) >= SWING) misses.push(`${grown(key).toFixed(0)} more ${key}`);
  }
  if (last.listeners > first.listeners) misses.push(`${last.listeners - first.listeners} more listeners`);
  const most = Math.max(...samples.map(({ sessions }) => sessions));
  if (most > maxSessions) misses.push(`${most} sessions where ${maxSessions} are allowed`);
  return misses;
}
