// What the run and the process of one scenario say to each other. Plain data.
import type { ServerAddress, StopMode } from '@hydrogen/embedded';
import type { DriverName } from '../drivers/driver.js';
import type { Outcome } from './run-scenario.js';

export interface Task {
  readonly scenario: string;
  readonly driver: DriverName;
  readonly timeouts: boolean;
  readonly workers: number;
  readonly long: boolean;
  readonly server: ServerAddress & { readonly dataFolder: string };
}

export type ToRun =
  | { readonly kind: 'server'; readonly id: number; readonly act: 'stop'; readonly mode: StopMode }
  | { readonly kind: 'server'; readonly id: number; readonly act: 'start' | 'pid' }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

export type ToScenario =
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'server'; readonly id: number; readonly pid: number; readonly error?: string };
