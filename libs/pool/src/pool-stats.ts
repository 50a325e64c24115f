// The pool's figures at one instant, and who holds what: for errors, metrics and health. Plain data, no behaviour.
import type { EntryState } from './pool-entry-state.js';

/** total = connecting + idle + leased + resetting + reserved + closing, and never above max (after a shrink: falling to it). */
export interface PoolStats {
  readonly max: number;
  /** What the far side has room for, as far as is known: max, or less after it said that it is full. */
  readonly ceiling: number;
  readonly min: number;
  readonly total: number;
  readonly connecting: number;
  readonly idle: number;
  /** All leases, standing ones included. */
  readonly leased: number;
  /** Of `leased`: those in shared use. */
  readonly standing: number;
  readonly resetting: number;
  readonly reserved: number;
  /** Being destroyed; counted because the far side still has a session. */
  readonly closing: number;
  readonly waiting: number;
  /** Leases reported as older than `leakThresholdMs`, since the pool was made. */
  readonly leaked: number;
  /** Leases whose handle was garbage-collected before its end, since the pool was made. */
  readonly reclaimed: number;
}

/** One exclusive lease that is out. */
export interface HolderInfo {
  readonly heldMs: number;
  /** Where it was acquired, if the borrower gave a stack. */
  readonly stack?: string;
  readonly lane?: string;
  readonly place?: string;
  readonly owner?: object;
}

/** One entry, as it stands now. */
export interface EntryInfo<T extends object> {
  /** Its number in the pool, from 1; never given again. */
  readonly id: number;
  readonly state: EntryState;
  /** Undefined while it is being made. */
  readonly resource?: T;
  readonly place?: string;
  /** Since its connect began. */
  readonly ageMs: number;
  /** Times it was lent. */
  readonly uses: number;
  /** Since its last return; 0 while it is lent. */
  readonly idleMs: number;
  /** Lent in shared use. */
  readonly standing: boolean;
  /** Of a lent one. */
  readonly holder?: HolderInfo;
}

/** "max 10, total 10, idle 0, leased 10 …": one line for messages. */
export function describeStats(stats: PoolStats): string {
  return (
    `max ${stats.max}, ${stats.ceiling < stats.max ? `room for ${stats.ceiling}, ` : ''}total ${stats.total}, idle ${stats.idle}, leased ${stats.leased}, ` +
    `connecting ${stats.connecting}, closing ${stats.closing}, waiting ${stats.waiting}`
  );
}
