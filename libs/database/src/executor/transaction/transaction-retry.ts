// Which ends of a transaction another run may better, and how long to wait before it.
import type { Clock } from '@hydrogen/pool';
import { DatabaseError } from '../../errors/database.error.js';
import type { Budget } from '../budget.js';
import type { CallContext } from '../call-context.js';

/** The longest pause before the second run, and the longest of all, milliseconds; each is a random share of it. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
/** A caller may wrap what he passes on; deeper than this nobody does. */
const DEEPEST = 5;

/** 40001, 40P01. */
const CONFLICTS: ReadonlySet<string> = new Set(['DB_SERIALIZATION', 'DB_DEADLOCK']);
/** Before COMMIT was sent, or after it, with the certainty that nothing was done. */
const LOSSES: ReadonlySet<string> = new Set(['DB_CONNECTION_LOST', 'DB_WORKER_LOST']);

export function runsAgain(error: unknown, context: CallContext, budget: Budget): boolean {
  if (budget.over) return false;
  const known = ofDatabase(error, context.database);
  if (known === undefined || known.inDoubt) return false;
  if (CONFLICTS.has(known.code)) return true;
  // Its server takes no writes any more; another one does, or soon will.
  if (known.code === 'DB_READ_ONLY') return known.retryable;
  return LOSSES.has(known.code) && context.retryBudget.take(context.clock.now());
}

/** Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"): those who collided do not meet again. */
export async function pauseBefore(run: number, clock: Clock, budget: Budget): Promise<void> {
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (run - 2), Math.max(0, budget.deadline - clock.now()));
  await new Promise<void>((resolve) => void clock.setTimer(Math.random() * most, resolve));
}

function ofDatabase(error: unknown, database: string): DatabaseError | undefined {
  let each: unknown = error;
  for (let depth = 0; depth < DEEPEST && each instanceof Error; depth++) {
    if (each instanceof DatabaseError && each.database === database) return each;
    each = each.cause;
  }
  return undefined;
}
