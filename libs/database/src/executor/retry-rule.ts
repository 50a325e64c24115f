// Whether a call whose connection was lost may be run again, unseen by its caller: only where that can do no harm, a few
// times, and not when everything is being run again.
import type { DatabaseError } from '../errors/database.error.js';
import type { AnyCall } from './statement-call.js';

/**
 * Times a call is run again. A statement may be what kills its backend, so there must be an end; with three, a backend killed
 * each 50 ms under 32 callers reaches none of them (npm run faults -- --only kill-storm).
 */
const MOST_RETRIES = 3;

const LOSSES: ReadonlySet<string> = new Set(['DB_CONNECTION_LOST', 'DB_WORKER_LOST']);

/** @param harmless its connection cannot write. True, and counted: the caller runs it again */
export function mayRunAgain(call: AnyCall, error: DatabaseError, harmless: boolean): boolean {
  if (!LOSSES.has(error.code) || call.retries >= MOST_RETRIES) return false;
  if (!call.repeatable || !(harmless || call.harmless || call.idempotent)) return false;
  if (call.budget.over || !call.context.retryBudget.take(call.context.clock.now())) return false;
  call.retries++;
  return true;
}
