// A budget that crossed a thread becomes a signal again.
import type { StepContext } from '../connection/connection.js';

/** Longer, a timer would fire at once. */
const LONGEST_MS = 2_147_483_647;

/** @param abort cuts it short */
export function within(budgetMs: number, abort: AbortSignal): StepContext {
  // AbortSignal.timeout takes whole milliseconds only.
  const timeout = AbortSignal.timeout(Math.min(LONGEST_MS, Math.max(0, Math.ceil(budgetMs))));
  return { budgetMs, signal: AbortSignal.any([abort, timeout]) };
}
