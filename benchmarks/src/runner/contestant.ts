// What the runner needs of one who takes part, whether it is a library in a process or a program.
import type { ContestantSpec } from '../cases/case.js';
import type { Fingerprint } from '../contestant/same.js';
import type { Figures } from '../metrics.js';

export interface Contestant {
  readonly spec: ContestantSpec;
  /** Its result, to be compared; undefined when it gives none. */
  check(): Promise<Fingerprint | undefined>;
  /** Round trips of one unit of work; undefined where they cannot be counted. */
  countTrips(turns: number): Promise<number | undefined>;
  /** Warms up, then measures. */
  round(ms: number, warmMs: number): Promise<Figures>;
  close(): Promise<void>;
}
