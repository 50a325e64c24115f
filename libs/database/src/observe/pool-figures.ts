// What a database's pool did since it was made, as plain data: counters and times. Names and meanings only.
import type { CloseReason, Step } from '@hydrogen/pool';
import type { HistogramFigures } from './log-histogram.js';

/** Since the start; nothing is ever taken back. */
export interface PoolCounters {
  /** Leases granted, standing ones of shared connections included. */
  readonly acquires: number;
  /** Of `acquires`: those that were not granted at once. */
  readonly waits: number;
  /** Waits that ran out of time (`wait`: others held every connection; `connect`: none could be opened), validations and resets that did. */
  readonly timeouts: Readonly<Record<Step, number>>;
  /** Connections opened. */
  readonly connects: number;
  /** Connects that failed, by error code; a code that did not occur is absent. */
  readonly connectFailures: Readonly<Record<string, number>>;
  /** Connections closed, by reason; see docs/lifecycle.md. `max-lifetime` are the retired ones. */
  readonly closes: Readonly<Record<CloseReason, number>>;
  /** Leases that were out longer than LeakThresholdMs, and how many of them came back. */
  readonly leaks: number;
  readonly leaksReturned: number;
  /** Leases taken back: dropped without `release()`, or not given back by the end of the request that acquired them. */
  readonly reclaimed: number;
  readonly doubleReleases: number;
  /** Connections given back inside an open transaction, which was rolled back. */
  readonly dirtyReleases: number;
  /** Sessions that the server ended by a limit of its own (IdleInTransactionTimeoutMs: 25P03, transaction_timeout: 25P04). */
  readonly endedByServer: number;
}

export interface PoolTimes {
  /** From the asking for a connection to its grant. */
  readonly wait: HistogramFigures;
  /** From the begin of a connect to its end. */
  readonly connect: HistogramFigures;
  /** From a lease's grant to its end; standing leases of shared connections too. */
  readonly use: HistogramFigures;
}
