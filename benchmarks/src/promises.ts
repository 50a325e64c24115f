// A promise is a ratio to a rival in the same rounds, or an absolute bound; here it is held against what was measured.
// Pure: the promises themselves stand with their cases.
import { METRICS, type Figures, type MetricName } from './metrics.js';
import { median, pairedRatio } from './statistics.js';

interface Subject {
  /** Contestant of ours. */
  readonly ours: string;
  readonly metric: MetricName;
}

/** Times the rival's, in the same round. Neither bound: the distance is told, nothing is promised. */
export interface RatioPromise extends Subject {
  readonly rival: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** In the metric's own unit. */
export interface BoundPromise extends Subject {
  readonly rival?: undefined;
  readonly atMost: number;
  readonly atLeast?: undefined;
}

export type BenchmarkPromise = RatioPromise | BoundPromise;

/**
 * `met`, `missed`: measured. `told`: nothing was promised. `unavailable`: ours could not be measured, so nothing is
 * proved. `no-rival`: the rival could not be measured here (pgbench is not installed).
 */
export type Status = 'met' | 'missed' | 'told' | 'unavailable' | 'no-rival';

export interface Verdict {
  readonly promise: BenchmarkPromise;
  readonly status: Status;
  readonly value?: number;
  /** A miss that the noise of the machine could have made; see `TOLERANCE`. */
  readonly withinTolerance?: boolean;
}

/** Ratios of one interleaved run on a shared machine move by this much without a cause in the code. */
export const TOLERANCE = 0.15;

/** Rounds by contestant; nothing for one that was not measured. */
export type Rounds = Readonly<Record<string, readonly Figures[]>>;

export function judge(promise: BenchmarkPromise, rounds: Rounds): Verdict {
  const figures = (id: string): (number | undefined)[] => (rounds[id] ?? []).map((each) => each[promise.metric]);
  const ours = figures(promise.ours);
  if (!ours.some((each) => each !== undefined)) return { promise, status: 'unavailable' };
  const value = promise.rival === undefined ? medianOf(ours) : pairedRatio(ours, figures(promise.rival));
  if (value === undefined) return { promise, status: 'no-rival' };
  const { atLeast, atMost } = promise;
  if (atLeast === undefined && atMost === undefined) return { promise, status: 'told', value };
  if (keeps(value, atLeast, atMost, 0)) return { promise, status: 'met', value };
  return { promise, status: 'missed', value, withinTolerance: keeps(value, atLeast, atMost, TOLERANCE) };
}

function keeps(value: number, atLeast: number | undefined, atMost: number | undefined, tolerance: number): boolean {
  if (atLeast !== undefined && value < atLeast * (1 - tolerance)) return false;
  return atMost === undefined || value <= atMost * (1 + tolerance);
}

/** Does it stop `bench:check`? What cannot be measured is not proved; a rival that is not installed is nobody's fault. */
export function isBroken({ status, withinTolerance }: Verdict): boolean {
  return status === 'unavailable' || (status === 'missed' && withinTolerance !== true);
}

export function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : median(known);
}

/** `≥ 5x pg`, `≤ 25 ms`. */
export function wording(promise: BenchmarkPromise, labelOf: (id: string) => string): string {
  const { rival, atLeast, atMost, metric } = promise;
  if (rival === undefined) return `≤ ${promise.atMost} ${METRICS[metric].unit}`;
  if (atLeast !== undefined) return `≥ ${atLeast}x ${labelOf(rival)}`;
  if (atMost === undefined) return `distance to ${labelOf(rival)}`;
  return `≤ ${atMost < 0.5 && Number.isInteger(Math.round(1e6 / atMost) / 1e6) ? `1/${Math.round(1 / atMost)}` : `${atMost}x`} ${labelOf(rival)}`;
}
