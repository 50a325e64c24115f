// Typed questions about an error, by code; they also recognise errors of another copy of this library.
import type { DatabaseError } from './database.error.js';
import { isDatabaseErrorCode, type DatabaseErrorCode } from './error-code.js';

/** Any error of this library. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && isDatabaseErrorCode((error as { code?: unknown }).code);
}

/** An error of this library with that very code. */
export function hasCode<C extends DatabaseErrorCode>(error: unknown, code: C): error is DatabaseError & { code: C } {
  return isDatabaseError(error) && error.code === code;
}

const constraintGuard =
  <C extends DatabaseErrorCode>(code: C) =>
  /** `constraint`: only that one, by its name in the schema. */
  (error: unknown, constraint?: string): error is DatabaseError & { code: C } =>
    hasCode(error, code) && (constraint === undefined || error.constraint === constraint);

export const isUniqueViolation = constraintGuard('DB_UNIQUE');
export const isForeignKeyViolation = constraintGuard('DB_FOREIGN_KEY');
export const isCheckViolation = constraintGuard('DB_CHECK');
export const isExclusionViolation = constraintGuard('DB_EXCLUSION');

/** `column`: only that one. (PostgreSQL names no constraint for 23502 before version 18.) */
export function isNotNullViolation(error: unknown, column?: string): error is DatabaseError & { code: 'DB_NOT_NULL' } {
  return hasCode(error, 'DB_NOT_NULL') && (column === undefined || error.column === column);
}

export const isNotFound = (error: unknown): error is DatabaseError & { code: 'DB_NOT_FOUND' } =>
  hasCode(error, 'DB_NOT_FOUND');

/** 40001 or 40P01: the whole transaction may be run again. */
export function isTransactionConflict(error: unknown): error is DatabaseError {
  return hasCode(error, 'DB_SERIALIZATION') || hasCode(error, 'DB_DEADLOCK');
}

/** A limit of time ended it: the caller's, a key's or the server's. The caller's own signal is `DB_CANCELLED`. */
export function isTimeout(error: unknown): error is DatabaseError {
  return ['DB_DEADLINE', 'DB_STATEMENT_TIMEOUT', 'DB_LOCK_TIMEOUT', 'DB_ACQUIRE_TIMEOUT', 'DB_CONNECT_TIMEOUT'].some(
    (code) => hasCode(error, code as DatabaseErrorCode),
  );
}
