// The `Databases` block as a whole, checked and frozen: what the rest of the subsystem is built from.
import { availableParallelism } from 'node:os';
import type { ConnectionSettings } from './connection.settings.js';
import { HealthSettings } from './health.settings.js';
import { Block, Choice, Flag, Integer } from './key-decorators.js';

export const STARTUP_MODES = ['fail-fast', 'degraded', 'lazy'] as const;
export type Startup = (typeof STARTUP_MODES)[number];

export const PLACEMENTS = ['auto', 'worker', 'inline'] as const;
export type Placement = (typeof PLACEMENTS)[number];

export class DatabasesSettings {
  /** Threads for what Placement puts there. 0 = none, everything in the main thread. Default 1; 0 to the number of cores. */
  @Integer(0, availableParallelism())
  readonly Workers: number = 1;

  /** An unknown key is an error; false: it is only a warning. Default true. */
  @Flag()
  readonly Strict: boolean = true;

  /**
   * `fail-fast`: an unreachable database stops the start. `degraded`: the service starts and the database recovers
   * alone. `lazy`: nothing is connected before the first call. Default `fail-fast`.
   */
  @Choice(STARTUP_MODES)
  readonly Startup: Startup = 'fail-fast';

  /** Budget of a fail-fast start, milliseconds. Default 30000; 1 to 600000. */
  @Integer(1, 600_000)
  readonly StartupTimeoutMs: number = 30_000;

  /** How long a stop waits for work in flight, milliseconds. Default 10000; 0 to 600000. Shorter than the orchestrator's. */
  @Integer(0, 600_000)
  readonly ShutdownTimeoutMs: number = 10_000;

  /** Forbids `Tls.Mode` `disable`, on loopback too. Default false. */
  @Flag()
  readonly RequireTls: boolean = false;

  /**
   * Where statements run. `auto`: small results in this thread, large ones (above 32 KB), columns, JSON and streams in a
   * worker. `inline`, `worker`: all in one place. Without workers all is `inline`. Default `auto`.
   */
  @Choice(PLACEMENTS)
  readonly Placement: Placement = 'auto';

  /** The health routes. */
  @Block(HealthSettings)
  readonly Health: HealthSettings = new HealthSettings();

  /** The databases by name, in the order of the file; no prototype, so only configured names are found. */
  readonly Connections: Readonly<Record<string, ConnectionSettings>> = {};
}

/** Everything this library reads out of `hydrogen.json`; other top-level blocks belong to others. */
export interface HydrogenConfig {
  readonly Databases: DatabasesSettings;
}
