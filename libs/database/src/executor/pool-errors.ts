// The pool's errors, translated once at this border.
import {
  AcquireTimeoutError,
  CircuitOpenError,
  PoolError,
  QueueFullError,
  type HolderInfo,
  type PoolStats,
} from '@hydrogen/pool';
import { DatabaseError, databaseError, type PoolSnapshot } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { Budget } from './budget.js';

export interface AcquireRules {
  readonly database: string;
  /** `host:port`. */
  readonly target: string;
  /** The key whose time was over. */
  readonly limit: string;
}

/**
 * @param error what pool.acquire rejected with
 * @param ownDeadline the wait was bound by the caller's deadline, not by AcquireTimeoutMs
 */
export function acquireError(error: unknown, budget: Budget, rules: AcquireRules, ownDeadline: boolean): DatabaseError {
  const { database } = rules;
  if (error instanceof DatabaseError) return freshCopy(error, database);
  if (error instanceof AcquireTimeoutError) {
    const cause = error.cause instanceof DatabaseError ? freshCopy(error.cause, database) : error.cause;
    // The caller's own deadline came first; what was in the way is its cause.
    if (ownDeadline) return budget.exceeded(error.step === 'connect' ? 'connect' : 'acquire', cause ?? error);
    // While others' leases may come back, a failed connect is a side matter: it is the cause.
    const inUse = error.step === 'wait' && error.stats.leased > 0;
    if (cause instanceof DatabaseError && !inUse) return cause;
    if (error.step === 'connect') return noAnswer(error, rules);
    const { stats, holders } = error;
    return admission('DB_ACQUIRE_TIMEOUT', acquireTimeoutMessage(error, rules), database, { stats, holders, cause });
  }
  if (error instanceof QueueFullError) {
    const message = `${database}: ${error.maxQueue} calls wait already (MaxQueue); refused at once`;
    return admission('DB_QUEUE_FULL', message, database, { stats: error.stats });
  }
  if (error instanceof CircuitOpenError) return circuitOpen(error, database);
  if (error instanceof PoolError) {
    switch (error.code) {
      case 'aborted':
        return budget.cancelled();
      case 'closing':
        return databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database });
      case 'closed':
        return databaseError({ code: 'DB_CLOSED', message: `${database}: is closed`, database });
      case 'lease-ended':
        return releasedError(database);
      default:
    }
  }
  return databaseError({ ...encodeError(error), database }, { cause: error });
}

export function releasedError(database: string): DatabaseError {
  const message = `${database}: the lease has been released; its connection may be another borrower's now`;
  return databaseError({ code: 'DB_RELEASED', message, database });
}

function admission(
  code: 'DB_ACQUIRE_TIMEOUT' | 'DB_QUEUE_FULL',
  message: string,
  database: string,
  { stats, holders, cause }: { stats: PoolStats; holders?: readonly HolderInfo[]; cause?: unknown },
): DatabaseError {
  const snapshot: PoolSnapshot = {
    stats: { ...stats },
    ...(holders ? { holders: holders.map(({ heldMs, stack }) => ({ heldMs: Math.round(heldMs), stack })) } : {}),
  };
  return databaseError({ code, message, database }, { snapshot, cause });
}

function circuitOpen({ retryAfterMs, cause }: CircuitOpenError, database: string): DatabaseError {
  const why = cause instanceof DatabaseError ? freshCopy(cause, database) : cause;
  const said = why instanceof Error ? ` (${why.message})` : '';
  const wait = Math.ceil(retryAfterMs);
  const message = `${database}: the last login was refused${said}; not tried again for ${wait} ms (Circuit.WindowMs)`;
  return databaseError({ code: 'DB_CIRCUIT_OPEN', message, database, retryAfterMs: wait }, { cause: why });
}

/** Nothing was in use and nothing could be opened: the server did not answer, or not yet. */
function noAnswer({ waitedMs, cause }: AcquireTimeoutError, { database, target, limit }: AcquireRules): DatabaseError {
  const message = `${database}: no connection to ${target} could be opened within ${limit} (waited ${Math.round(waitedMs)} ms)`;
  return databaseError({ code: 'DB_CONNECT_TIMEOUT', message, database }, { cause });
}

function acquireTimeoutMessage(
  { stats, waitedMs, holders }: AcquireTimeoutError,
  { database, limit }: AcquireRules,
): string {
  const room = stats.ceiling < stats.max ? `the server has room for ${stats.ceiling}, ` : '';
  const oldest = holders[0] ? `; the oldest is held for ${Math.round(holders[0].heldMs)} ms` : '';
  return (
    `${database}: no connection came free within ${limit} (waited ${Math.round(waitedMs)} ms; ` +
    `${stats.leased} of ${stats.max} leased, ${room}${stats.waiting} waiting${oldest})`
  );
}

/** One failed connect ends many waits: each caller gets an error of its own, for each has a stack of its own. */
function freshCopy(error: DatabaseError, database: string): DatabaseError {
  return databaseError({ ...encodeError(error), database, stack: undefined }, { cause: error.cause });
}
