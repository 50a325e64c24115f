// What a case is: a piece of work, those who do it, and what is promised of it. The tables beside this file are lists of it.
import type { MetricName } from '../metrics.js';
import type { BenchmarkPromise } from '../promises.js';

export type DriverName = 'pg' | 'pg-named' | 'postgres' | 'hydrogen' | 'pgbench' | 'pgbench-pipelined';

export type WorkName =
  'tiny' | 'lookup' | 'insert' | 'transaction' | 'rows-1000' | 'rows-100k' | 'acquire' | 'slow-mix' | 'memory' | 'ping';

/** Plain data: it crosses to the contestant's process. */
export interface ContestantSpec {
  /** Unique in its case; promises name it. */
  readonly id: string;
  readonly label: string;
  readonly driver: DriverName;
  /** Which of the ways of a work: `columns`, `batch` … Each work names its own. */
  readonly way?: string;
  /** Keys of ours beside the default configuration. */
  readonly databases?: Readonly<Record<string, unknown>>;
  readonly connection?: Readonly<Record<string, unknown>>;
}

export interface CaseSpec {
  readonly name: string;
  readonly title: string;
  readonly work: WorkName;
  readonly concurrency: number;
  readonly contestants: readonly ContestantSpec[];
  readonly promises: readonly BenchmarkPromise[];
  /** What its plot shows, and what the column of ratios compares. */
  readonly headline: MetricName;
  /** Length of one round in milliseconds. */
  readonly ms: { readonly full: number; readonly quick: number };
  /** Round trips are counted, through a proxy, before the rounds. Only for work that is small. */
  readonly countTrips?: boolean;
  /** Its units are long: no round to begin with, and half of the rounds with --quick. */
  readonly long?: boolean;
  readonly note?: string;
}

export const CONNECTIONS = 8;
