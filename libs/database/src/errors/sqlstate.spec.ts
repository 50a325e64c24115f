// SQLSTATE to code: each state with a rule of its own, every class of Appendix A, and what is fatal when connecting.
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, type DatabaseErrorCode } from './error-code.js';
import { codeOfSqlState, connectCodeOfSqlState, isFatalAtConnect, isFullAtConnect } from './sqlstate.js';

describe('a state of a running session', () => {
  it.each<[string, DatabaseErrorCode, string]>([
    ['23001', 'DB_FOREIGN_KEY', 'restrict_violation'],
    ['23502', 'DB_NOT_NULL', 'not_null_violation'],
    ['23503', 'DB_FOREIGN_KEY', 'foreign_key_violation'],
    ['23505', 'DB_UNIQUE', 'unique_violation'],
    ['23514', 'DB_CHECK', 'check_violation'],
    ['23P01', 'DB_EXCLUSION', 'exclusion_violation'],
    ['25006', 'DB_READ_ONLY', 'read_only_sql_transaction'],
    ['25P03', 'DB_CONNECTION_LOST', 'idle_in_transaction_session_timeout'],
    ['25P04', 'DB_CONNECTION_LOST', 'transaction_timeout'],
    ['40001', 'DB_SERIALIZATION', 'serialization_failure'],
    ['40P01', 'DB_DEADLOCK', 'deadlock_detected'],
    ['42501', 'DB_PERMISSION', 'insufficient_privilege'],
    ['55P03', 'DB_LOCK_TIMEOUT', 'lock_not_available'],
    ['57014', 'DB_CANCELLED', 'query_canceled'],
    ['57P01', 'DB_CONNECTION_LOST', 'admin_shutdown'],
    ['57P02', 'DB_CONNECTION_LOST', 'crash_shutdown'],
    ['57P03', 'DB_CONNECTION_LOST', 'cannot_connect_now'],
    ['57P05', 'DB_CONNECTION_LOST', 'idle_session_timeout'],
    ['08P01', 'DB_PROTOCOL', 'protocol_violation'],
  ])('%s is %s (%s)', (state, code) => {
    expect(codeOfSqlState(state)).toBe(code);
  });

  /** Every error class of Appendix A, with a member that has no rule of its own. */
  it.each<[string, string, DatabaseErrorCode]>([
    ['03', '03000', 'DB_QUERY'],
    ['08', '08006', 'DB_CONNECTION_LOST'],
    ['09', '09000', 'DB_QUERY'],
    ['0A', '0A000', 'DB_QUERY'],
    ['0B', '0B000', 'DB_QUERY'],
    ['0F', '0F001', 'DB_QUERY'],
    ['0L', '0LP01', 'DB_QUERY'],
    ['0P', '0P000', 'DB_QUERY'],
    ['0Z', '0Z002', 'DB_QUERY'],
    ['20', '20000', 'DB_QUERY'],
    ['21', '21000', 'DB_QUERY'],
    ['22', '22P02', 'DB_DATA'],
    ['23', '23000', 'DB_QUERY'],
    ['24', '24000', 'DB_QUERY'],
    ['25', '25P02', 'DB_QUERY'],
    ['26', '26000', 'DB_QUERY'],
    ['27', '27000', 'DB_QUERY'],
    ['28', '28000', 'DB_AUTH_FAILED'],
    ['2B', '2BP01', 'DB_QUERY'],
    ['2D', '2D000', 'DB_QUERY'],
    ['2F', '2F005', 'DB_QUERY'],
    ['34', '34000', 'DB_QUERY'],
    ['38', '38000', 'DB_QUERY'],
    ['39', '39000', 'DB_QUERY'],
    ['3B', '3B001', 'DB_QUERY'],
    ['3D', '3D000', 'DB_QUERY'],
    ['3F', '3F000', 'DB_QUERY'],
    ['40', '40002', 'DB_QUERY'],
    ['42', '42P01', 'DB_SYNTAX'],
    ['44', '44000', 'DB_QUERY'],
    ['53', '53200', 'DB_RESOURCES'],
    ['54', '54001', 'DB_QUERY'],
    ['55', '55006', 'DB_QUERY'],
    ['57', '57P04', 'DB_QUERY'],
    ['58', '58030', 'DB_QUERY'],
    ['72', '72000', 'DB_QUERY'],
    ['F0', 'F0000', 'DB_QUERY'],
    ['HV', 'HV000', 'DB_QUERY'],
    ['P0', 'P0001', 'DB_QUERY'],
    ['XX', 'XX000', 'DB_QUERY'],
    ['of one’s own', 'MY123', 'DB_QUERY'],
  ])('class %s: %s is %s', (_class, state, code) => {
    expect(codeOfSqlState(state)).toBe(code);
  });

  it('names codes that exist, whatever it is', () => {
    for (const state of ['', '2', '22', '00000', 'ZZZZZ']) {
      expect(Object.keys(ERROR_CODES)).toContain(codeOfSqlState(state));
    }
  });
});

describe('a state while connecting', () => {
  it.each<[string, DatabaseErrorCode, boolean, string]>([
    ['28000', 'DB_AUTH_FAILED', true, 'pg_hba.conf refuses'],
    ['28P01', 'DB_AUTH_FAILED', true, 'wrong password'],
    ['3D000', 'DB_CONNECT_FAILED', true, 'no such database'],
    ['42501', 'DB_CONNECT_FAILED', true, 'no right to connect'],
    ['57P03', 'DB_CONNECT_FAILED', false, 'starting up'],
    ['53300', 'DB_CONNECT_FAILED', false, 'no slot is free'],
    ['57P01', 'DB_CONNECT_FAILED', false, 'shutting down'],
    ['08004', 'DB_CONNECT_FAILED', false, 'rejected'],
  ])('%s is %s, fatal: %s (%s)', (state, code, fatal) => {
    expect(connectCodeOfSqlState(state)).toBe(code);
    expect(isFatalAtConnect(state)).toBe(fatal);
    expect(isFullAtConnect(state)).toBe(state === '53300');
  });
});
