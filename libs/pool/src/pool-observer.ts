// What the pool tells the outside: facts, as they happen, for metrics and logs.
// No method may throw or take long; a throw is swallowed, for a broken recorder must not break a query.
import type { CloseReason } from './close-reason.js';
import type { PoolState } from './pool-state.js';
import type { Step } from './resource-manager.js';

/** All durations in milliseconds; every method is optional. */
export interface PoolObserver {
  /** A resource was made, in `ms`. */
  created?(ms: number): void;
  /** A resource is gone: its destroy has settled or was given up. */
  closed?(reason: CloseReason): void;
  acquired?(waitMs: number, lane?: string): void;
  released?(useMs: number): void;
  /** A waiter ran out of time (`wait`, `connect`) or a resource did (`validate`, `reset`). Connects that time out are `createFailed`. */
  timedOut?(step: Step): void;
  /** A lease is older than `leakThresholdMs`: once a lease. */
  leaked?(heldMs: number, stack?: string): void;
  /** A lease reported by `leaked` came back after all. */
  leakReturned?(heldMs: number): void;
  /** A create failed; `attempt` counts from 1 since the last success. None is started within the next `nextMs`. */
  createFailed?(error: unknown, attempt: number, nextMs: number): void;
  /** A lease was ended a second time: once a lease, with the acquiring stack where the caller gave one. */
  doubleRelease?(stack?: string): void;
  stateChanged?(to: PoolState, from: PoolState): void;
  /** `min` or `max` was changed while running. */
  resized?(min: number, max: number): void;
  /** The far side said that it is full, or has room again: at most `ceiling` (of `max`) are opened from now on. */
  ceilingMoved?(ceiling: number, max: number): void;
  /** A lease's handle was garbage-collected before its end; the resource is discarded. `stack` is where it was acquired. */
  reclaimed?(heldMs: number, stack?: string): void;
  /** A borrower's `onWanted`, `onLost` or `onOutdated` threw. */
  callbackFailed?(error: unknown): void;
}
