// Every code with its class, its retry rule and its answer: behaviour.md 0.2 as a table. A code that is missing here, or
// there, fails.
import { describe, expect, it } from '@jest/globals';
import {
  DatabaseAdmissionError,
  DatabaseConfigurationError,
  DatabaseConnectionError,
  DatabaseConstraintError,
  databaseError,
  DatabaseError,
  DatabaseStatementError,
  DatabaseTimeoutError,
  DatabaseUsageError,
} from './database.error.js';
import { ERROR_CODES, isDatabaseErrorCode, type DatabaseErrorCode } from './error-code.js';

const AGAIN = true;
const NEVER = false;

const TABLE: readonly [DatabaseErrorCode, typeof DatabaseError, boolean, number][] = [
  ['DB_CONFIG_INVALID', DatabaseConfigurationError, NEVER, 500],
  ['DB_UNKNOWN', DatabaseConfigurationError, NEVER, 500],
  ['DB_DISABLED', DatabaseConfigurationError, NEVER, 503],
  ['DB_CONNECT_FAILED', DatabaseConnectionError, AGAIN, 503],
  ['DB_CONNECT_TIMEOUT', DatabaseConnectionError, AGAIN, 503],
  ['DB_AUTH_FAILED', DatabaseConnectionError, NEVER, 503],
  ['DB_CIRCUIT_OPEN', DatabaseConnectionError, NEVER, 503],
  ['DB_TLS', DatabaseConnectionError, NEVER, 503],
  ['DB_CONNECTION_LOST', DatabaseConnectionError, AGAIN, 503],
  ['DB_WORKER_LOST', DatabaseConnectionError, AGAIN, 503],
  ['DB_PROTOCOL', DatabaseConnectionError, NEVER, 500],
  ['DB_ACQUIRE_TIMEOUT', DatabaseAdmissionError, AGAIN, 503],
  ['DB_QUEUE_FULL', DatabaseAdmissionError, AGAIN, 503],
  ['DB_CLOSING', DatabaseAdmissionError, NEVER, 503],
  ['DB_CLOSED', DatabaseAdmissionError, NEVER, 503],
  ['DB_STATEMENT_TIMEOUT', DatabaseTimeoutError, NEVER, 504],
  ['DB_LOCK_TIMEOUT', DatabaseTimeoutError, AGAIN, 504],
  ['DB_DEADLINE', DatabaseTimeoutError, NEVER, 504],
  ['DB_CANCELLED', DatabaseTimeoutError, NEVER, 504],
  ['DB_SERIALIZATION', DatabaseStatementError, AGAIN, 409],
  ['DB_DEADLOCK', DatabaseStatementError, AGAIN, 409],
  ['DB_UNIQUE', DatabaseConstraintError, NEVER, 409],
  ['DB_FOREIGN_KEY', DatabaseConstraintError, NEVER, 409],
  ['DB_CHECK', DatabaseConstraintError, NEVER, 422],
  ['DB_NOT_NULL', DatabaseConstraintError, NEVER, 422],
  ['DB_EXCLUSION', DatabaseConstraintError, NEVER, 409],
  ['DB_READ_ONLY', DatabaseStatementError, NEVER, 500],
  ['DB_PERMISSION', DatabaseStatementError, NEVER, 500],
  ['DB_DATA', DatabaseStatementError, NEVER, 400],
  ['DB_RESOURCES', DatabaseStatementError, AGAIN, 503],
  ['DB_SYNTAX', DatabaseStatementError, NEVER, 500],
  ['DB_QUERY', DatabaseStatementError, NEVER, 500],
  ['DB_PARAMETERS', DatabaseUsageError, NEVER, 500],
  ['DB_RESULT_TOO_LARGE', DatabaseStatementError, NEVER, 500],
  ['DB_NOT_FOUND', DatabaseUsageError, NEVER, 404],
  ['DB_TOO_MANY_ROWS', DatabaseUsageError, NEVER, 500],
  ['DB_TX_ROLLED_BACK', DatabaseUsageError, NEVER, 500],
  ['DB_TX_CLOSED', DatabaseUsageError, NEVER, 500],
  ['DB_TX_PROPAGATION', DatabaseUsageError, NEVER, 500],
  ['DB_COMMIT_UNKNOWN', DatabaseConnectionError, NEVER, 503],
  ['DB_SELF_DEADLOCK', DatabaseUsageError, NEVER, 500],
  ['DB_RELEASED', DatabaseUsageError, NEVER, 500],
  ['DB_UNSUPPORTED', DatabaseUsageError, NEVER, 500],
];

describe('every code', () => {
  it('stands in the table, and the table has no other', () => {
    expect(TABLE.map(([code]) => code).toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
  });

  it.each(TABLE)('%s is a %p, retryable %s, answered by %i', (code, family, retryable, status) => {
    const error = databaseError({ code, message: 'm' });
    expect(error.constructor).toBe(family);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toBeInstanceOf(Error);
    expect({ name: error.name, code: error.code, retryable: error.retryable, inDoubt: error.inDoubt }).toEqual({
      name: family.name,
      code,
      retryable,
      inDoubt: false,
    });
    expect(ERROR_CODES[code].status).toBe(status);
    expect(isDatabaseErrorCode(code)).toBe(true);
  });

  it.each(TABLE.filter(([, , retryable]) => retryable))('%s is not retryable while in doubt', (code) => {
    expect(databaseError({ code, message: 'm', inDoubt: true })).toMatchObject({ inDoubt: true, retryable: false });
    expect(databaseError({ code, message: 'm', inDoubt: true, retryable: true }).retryable).toBe(false);
  });

  it('has a title that names no database, host or SQL', () => {
    for (const { title } of Object.values(ERROR_CODES)) expect(title).toMatch(/^(?:The|Not) [a-z ]+$|^Not found$/);
  });

  it.each<unknown>(['toString', '__proto__', 'DB_', 'db_unique', '', undefined, 23505])('%p is none', (code) => {
    expect(isDatabaseErrorCode(code)).toBe(false);
  });
});
