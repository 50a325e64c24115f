// The pool as its users see it. The promise, not the way it is kept: that is ResourcePool's.
import type { AcquireOptions } from './acquire-options.js';
import type { AcquireTimeoutError } from './errors/acquire-timeout.error.js';
import type { Lease } from './lease.js';
import type { PoolState } from './pool-state.js';
import type { EntryInfo, HolderInfo, PoolStats } from './pool-stats.js';

export interface PoolLimits {
  readonly min?: number;
  readonly max?: number;
}

export interface Pool<T extends object> {
  readonly name: string;
  readonly state: PoolState;
  /** A lease at once and without a promise, if one is idle, needs no proof and nobody waits before; else undefined. Never throws. */
  tryAcquire(options: AcquireOptions): Lease<T> | undefined;
  /**
   * A lease, first come first served.
   * Rejects with AcquireTimeoutError, AcquireAbortedError, QueueFullError, PoolClosingError, PoolClosedError, or the manager's
   * own error where it calls a failed create fatal.
   */
  acquire(options: AcquireOptions): Promise<Lease<T>>;
  /** Acquires, calls `fn`, releases on every path. */
  use<R>(fn: (resource: T) => R | Promise<R>, options: AcquireOptions): Promise<R>;
  /**
   * Settles when `min` entries are open. Rejects with a fatal create error at once, else at the deadline (pool's clock) with
   * AcquireTimeoutError whose cause is the last failed create.
   */
  fill(deadline: number): Promise<void>;
  /** Takes effect at once; a shrink closes idle entries now and lent ones as they return. @throws PoolOptionsError */
  resize(limits: PoolLimits): void;
  /** New and queued acquires wait, on their own deadlines; nothing new is opened; standing leases are wanted back. No-op unless running. */
  pause(): void;
  /** No-op unless paused. */
  resume(): void;
  /**
   * Every resource made before this call is replaced, or those for which `where` is true: idle ones now, lent ones as they
   * return, standing leases are wanted back, and holders of others hear of it by `onOutdated`.
   */
  recycle(where?: (resource: T) => boolean): void;
  /**
   * Replaces one for which `where` is true, an idle one if there is any: another is opened first where there is room, so that
   * there are never fewer than before; at `max` it has to go before. Settles when the other is open, with the one that goes (a lent
   * one: when it returns); undefined where there is none, or none could be opened within `connectTimeoutMs`. Never rejects.
   */
  replace(where: (resource: T) => boolean): Promise<T | undefined>;
  /** Closes idle entries, all or those for which `where` is true. Returns how many. `min` is opened anew. */
  evictIdle(where?: (resource: T) => boolean): number;
  /**
   * No new work. Queued waiters are served until the deadline (pool's clock), then refused; standing leases are wanted back; at
   * the deadline all leases are taken. Settles when nothing is open, at most destroyTimeoutMs after the deadline. Never rejects;
   * a second call can only bring the deadline forward.
   */
  drain(deadline: number): Promise<void>;
  /** drain, then closed for good. Idempotent. */
  close(deadline: number): Promise<void>;
  /** For a borrower who queues in front of the pool: what one is refused with whose time is over, having waited since then. */
  acquireTimeout(since: number): AcquireTimeoutError;
  stats(): PoolStats;
  /** Exclusive leases that are out, oldest first. */
  holders(limit?: number): readonly HolderInfo[];
  /** Everything that holds a slot, in the order of its making; a copy, for reports. O(entries). */
  entries(): readonly EntryInfo<T>[];
}
