// SQLSTATE to code, in one place. Source: PostgreSQL, Appendix A "PostgreSQL Error Codes".
import type { DatabaseErrorCode } from './error-code.js';

const BY_STATE: Readonly<Record<string, DatabaseErrorCode>> = {
  '23001': 'DB_FOREIGN_KEY',
  '23502': 'DB_NOT_NULL',
  '23503': 'DB_FOREIGN_KEY',
  '23505': 'DB_UNIQUE',
  '23514': 'DB_CHECK',
  '23P01': 'DB_EXCLUSION',
  '25006': 'DB_READ_ONLY',
  '08P01': 'DB_PROTOCOL',
  // The session was ended by one of the server's own limits; what was open is rolled back.
  '25P03': 'DB_CONNECTION_LOST',
  '25P04': 'DB_CONNECTION_LOST',
  '40001': 'DB_SERIALIZATION',
  '40P01': 'DB_DEADLOCK',
  '42501': 'DB_PERMISSION',
  '55P03': 'DB_LOCK_TIMEOUT',
  // Who asked for the cancel decides (executor), never the text: it is translated by lc_messages.
  '57014': 'DB_CANCELLED',
  '57P01': 'DB_CONNECTION_LOST',
  '57P02': 'DB_CONNECTION_LOST',
  '57P03': 'DB_CONNECTION_LOST',
  '57P05': 'DB_CONNECTION_LOST',
};

const BY_CLASS: Readonly<Record<string, DatabaseErrorCode>> = {
  '08': 'DB_CONNECTION_LOST',
  '22': 'DB_DATA',
  '28': 'DB_AUTH_FAILED',
  '42': 'DB_SYNTAX',
  '53': 'DB_RESOURCES',
};

/** What an error of a running session means. */
export function codeOfSqlState(sqlState: string): DatabaseErrorCode {
  return BY_STATE[sqlState] ?? BY_CLASS[sqlState.slice(0, 2)] ?? 'DB_QUERY';
}

/** What an error means when it comes before the session is ready. */
export function connectCodeOfSqlState(sqlState: string): DatabaseErrorCode {
  return sqlState.startsWith('28') ? 'DB_AUTH_FAILED' : 'DB_CONNECT_FAILED';
}

/**
 * Connect failures that no retry mends: wrong credentials (28xxx), no such database (3D000), no right to connect
 * (42501). 57P03 (starting up), 53300 (no slot) and the rest mean "not yet".
 */
export function isFatalAtConnect(sqlState: string): boolean {
  return sqlState.startsWith('28') || sqlState === '3D000' || sqlState === '42501';
}

/**
 * Connect failures that mean "no room for one more": 53300 (max_connections, a role's or database's limit), 53400 (a limit of
 * the configuration).
 */
export function isFullAtConnect(sqlState: string): boolean {
  return sqlState === '53300' || sqlState === '53400';
}
