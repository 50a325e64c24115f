// What a failed statement means to its caller: what only this floor knows is who asked for a cancel, how long the server
// was allowed to run it, and whether a loss can matter. It decides nothing about connections but whether one has ended.
import { DatabaseError, databaseError } from '../errors/database.error.js';
import { ERROR_CODES, isDatabaseErrorCode } from '../errors/error-code.js';
import { encodeError } from '../errors/error.codec.js';

export interface FailureFacts {
  readonly database: string;
  /** The server's own limit for this statement, milliseconds; 0 = none. */
  readonly statementTimeoutMs: number;
  /** Since it was sent. */
  readonly elapsedMs: number;
  /**
   * The statement's outcome cannot be in doubt: declared read-only, run in a read-only session, or inside a transaction
   * that has not been committed (a lost connection rolls it back).
   */
  readonly harmless: boolean;
  /** Which run it was, from 1. */
  readonly attempt?: number;
  /** The server had become read-only under a session that could write. */
  readonly demoted?: boolean;
}

export function explain(error: unknown, facts: FailureFacts): DatabaseError {
  const { database, statementTimeoutMs, elapsedMs, harmless, attempt = 1 } = facts;
  const known = error instanceof DatabaseError ? error : databaseError(encodeError(error));
  known.database = database;
  known.elapsedMs = Math.round(elapsedMs);
  if (attempt > 1) known.attempt = attempt;
  // 57014 without our asking: the server's own statement_timeout, or somebody's pg_cancel_backend. The text cannot
  // tell (it is translated), the time can: the server never fires early.
  if (known.sqlState === '57014' && statementTimeoutMs > 0 && elapsedMs >= statementTimeoutMs) {
    const message = `${database}: the statement ran longer than StatementTimeoutMs (${statementTimeoutMs} ms)`;
    return databaseError({ ...encodeError(known), code: 'DB_STATEMENT_TIMEOUT', message });
  }
  if (facts.demoted === true && known.code === 'DB_READ_ONLY') {
    const message = `${database}: the server has become read-only, and its connections are given up (${withoutName(known.message, database)})`;
    return databaseError({ ...encodeError(known), message, retryable: true }, { cause: known.cause });
  }
  if (known.inDoubt && harmless) {
    return databaseError({ ...encodeError(known), inDoubt: false, retryable: undefined }, { cause: known.cause });
  }
  return known;
}

const withoutName = (message: string, database: string): string =>
  message.startsWith(`${database}: `) ? message.slice(database.length + 2) : message;

/** Sent, not answered, and not known to be harmless: it may have been done all the same. */
export function mayHaveHappened(error: DatabaseError): DatabaseError {
  return databaseError({ ...encodeError(error), inDoubt: true }, { cause: error.cause });
}

/** The statement's error may be here before the news that its connection is gone. */
export function isEndOfConnection(error: unknown): boolean {
  if (!(error instanceof DatabaseError) || isConnectionCode(error.code)) return true;
  return isConnectionCode((error.cause as { code?: unknown } | undefined)?.code);
}

/** The server has spoken, even if only to refuse. */
export function isAnswer(error: DatabaseError): boolean {
  return error.sqlState !== undefined && error.code !== 'DB_CONNECTION_LOST';
}

const isConnectionCode = (code: unknown): boolean =>
  isDatabaseErrorCode(code) && ERROR_CODES[code].family === 'connection';
