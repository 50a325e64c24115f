// One statement on a connection that is already held: its rows, or the error its caller is to see, at the latest at the
// deadline; and, apart from it, when the connection may be given back.
import type { Clock } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import type { CancelReason, Execution, Limits } from '../connection/execution.js';
import { DatabaseError, databaseError } from '../errors/database.error.js';
import { ERROR_CODES, isDatabaseErrorCode } from '../errors/error-code.js';
import { encodeError } from '../errors/error.codec.js';
import type { Statement } from '../query/statement.js';
import type { Budget } from './budget.js';
import { collectRows, type CollectedRows } from './collect-rows.js';

export interface StatementRules {
  readonly database: string;
  readonly clock: Clock;
  readonly statementTimeoutMs: number;
  /** How long a cancelled statement may take to end before its connection is given up; 0 = not at all. */
  readonly cancelTimeoutMs: number;
  readonly limits: Limits;
}

export interface StatementRun {
  /** Settles at the latest at the budget's end. */
  readonly result: Promise<CollectedRows>;
  /** Settles when the connection is free of the statement: true = usable, false = it would not end, discard it. */
  readonly freed: Promise<boolean>;
}

/**
 * @param harmless the statement's outcome cannot be in doubt: declared read-only, or inside a transaction that has not
 *   been committed (a lost connection rolls it back)
 */
export function runStatement(
  connection: Connection,
  statement: Statement,
  budget: Budget,
  rules: StatementRules,
  harmless: boolean,
): StatementRun {
  const startedAt = rules.clock.now();
  if (budget.over) return notSent(budget);
  const execution = connection.execute(statement, rules.limits);
  const result = deferred<CollectedRows>();
  const freed = deferred<boolean>();
  let over = false;

  const callOff = budget.onEnd('execute', (error, reason) => {
    over = true;
    result.reject(harmless ? error : mayHaveHappened(error));
    void cancelWithin(execution, reason, rules).then(freed.resolve);
  });
  collectRows(execution, rules.clock, () => over).then(
    (rows) => {
      callOff();
      result.resolve(rows);
      if (!over) freed.resolve(true);
    },
    (error: unknown) => {
      callOff();
      result.reject(explain(error, rules, rules.clock.now() - startedAt, harmless));
      if (!over) freed.resolve(!isEndOfConnection(error));
    },
  );
  return { result: result.promise, freed: freed.promise };
}

/** Time was over before it was sent: nothing may happen any more, and nothing has. */
function notSent(budget: Budget): StatementRun {
  const result = (async () => {
    budget.check('acquire');
    throw budget.exceeded('acquire');
  })();
  result.catch(() => {});
  return { result, freed: Promise.resolve(true) };
}

/** True when the statement has ended and no cancel is under way any more. */
async function cancelWithin(execution: Execution, reason: CancelReason, rules: StatementRules): Promise<boolean> {
  const settled = execution.cancel(reason).then(() => true);
  if (rules.cancelTimeoutMs === 0) return false;
  const late = deferred<boolean>();
  const timer = rules.clock.setTimer(rules.cancelTimeoutMs, () => late.resolve(false));
  const usable = await Promise.race([settled, late.promise]);
  timer.cancel();
  return usable;
}

const isConnectionCode = (code: unknown): boolean =>
  isDatabaseErrorCode(code) && ERROR_CODES[code].family === 'connection';

/** The statement's error may be here before the news that its connection is gone. */
function isEndOfConnection(error: unknown): boolean {
  if (!(error instanceof DatabaseError) || isConnectionCode(error.code)) return true;
  return isConnectionCode((error.cause as { code?: unknown } | undefined)?.code);
}

/** What only this floor knows: who asked for a cancel, and whether a loss can matter. */
function explain(error: unknown, rules: StatementRules, elapsedMs: number, harmless: boolean): DatabaseError {
  const known = error instanceof DatabaseError ? error : databaseError(encodeError(error));
  known.database = rules.database;
  known.elapsedMs = Math.round(elapsedMs);
  const { statementTimeoutMs } = rules;
  // 57014 without our asking: the server's own statement_timeout, or somebody's pg_cancel_backend. The text cannot
  // tell (it is translated), the time can: the server never fires early.
  if (known.sqlState === '57014' && statementTimeoutMs > 0 && elapsedMs >= statementTimeoutMs) {
    const message = `${rules.database}: the statement ran longer than StatementTimeoutMs (${statementTimeoutMs} ms)`;
    return databaseError({ ...encodeError(known), code: 'DB_STATEMENT_TIMEOUT', message });
  }
  if (known.inDoubt && harmless) {
    return databaseError({ ...encodeError(known), inDoubt: false, retryable: undefined }, { cause: known.cause });
  }
  return known;
}

/** Sent, not answered, and not known to be harmless: it may have been done all the same. */
function mayHaveHappened(error: DatabaseError): DatabaseError {
  return databaseError({ ...encodeError(error), inDoubt: true }, { cause: error.cause });
}
