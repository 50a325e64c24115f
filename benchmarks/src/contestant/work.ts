// What a contestant's process does for a case: once for comparison, then round after round.
import type { Driver, Row } from '../drivers/driver.js';
import type { Figures } from '../metrics.js';
import type { CaseSpec, ContestantSpec } from '../cases/case.js';

export interface WorkSetup {
  readonly driver: Driver;
  readonly contestant: ContestantSpec;
  readonly spec: CaseSpec;
  readonly quick: boolean;
}

export interface Work {
  /** Its result, to be held against pg's. Not there: nothing comes back that could be compared. */
  check?(): Promise<readonly Row[]>;
  /** One unit, so that a proxy can count its round trips. */
  readonly once?: (turn: number) => Promise<unknown>;
  round(ms: number): Promise<Figures>;
  close?(): Promise<void>;
}

export type WorkFactory = (setup: WorkSetup) => Work | Promise<Work>;
