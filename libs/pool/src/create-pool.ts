// The one way to make a pool: checks the options and wires clock, observer and chance.
import { systemClock, type Clock } from './clock.js';
import type { Pool } from './pool.js';
import type { PoolObserver } from './pool-observer.js';
import { resolvePoolOptions, type PoolOptions } from './pool-options.js';
import type { ResourceManager } from './resource-manager.js';
import { ResourcePool } from './resource-pool.js';
import { SafeObserver } from './safe-observer.js';

export interface PoolWiring {
  /** Default systemClock. */
  readonly clock?: Clock;
  /** Default: nobody. */
  readonly observer?: PoolObserver;
  /** 0 ≤ n < 1, for jitter. Default Math.random. */
  readonly random?: () => number;
  /**
   * Grows with each answer of the far side to a borrower: while it does, connects that hang are no sign of a dead network, and the
   * far side is asked less often. Called only while connects hang. Default: nobody counts.
   */
  readonly answers?: () => number;
}

/** Opens `min` entries in the background from the next microtask on. @throws PoolOptionsError */
export function createPool<T extends object>(
  manager: ResourceManager<T>,
  options: PoolOptions,
  wiring: PoolWiring = {},
): Pool<T> {
  return new ResourcePool<T>({
    manager,
    options: resolvePoolOptions(options),
    clock: wiring.clock ?? systemClock,
    observer: new SafeObserver(wiring.observer ?? {}),
    random: wiring.random ?? Math.random,
    answers: wiring.answers ?? (() => 0),
  });
}
