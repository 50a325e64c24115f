// Questions about an error, by its code.
import { describe, expect, it } from '@jest/globals';
import { databaseError } from './database.error.js';
import { ERROR_CODES, type DatabaseErrorCode } from './error-code.js';
import type { ErrorData } from './error-data.js';
import {
  hasCode,
  isCheckViolation,
  isDatabaseError,
  isExclusionViolation,
  isForeignKeyViolation,
  isNotFound,
  isNotNullViolation,
  isTimeout,
  isTransactionConflict,
  isUniqueViolation,
} from './guards.js';

const ALL = Object.keys(ERROR_CODES) as DatabaseErrorCode[];
const error = (code: DatabaseErrorCode, more: Partial<ErrorData> = {}): Error =>
  databaseError({ code, message: 'm', ...more });

describe('each guard', () => {
  it.each<[string, (error: unknown) => boolean, DatabaseErrorCode[]]>([
    ['isUniqueViolation', isUniqueViolation, ['DB_UNIQUE']],
    ['isForeignKeyViolation', isForeignKeyViolation, ['DB_FOREIGN_KEY']],
    ['isCheckViolation', isCheckViolation, ['DB_CHECK']],
    ['isExclusionViolation', isExclusionViolation, ['DB_EXCLUSION']],
    ['isNotNullViolation', isNotNullViolation, ['DB_NOT_NULL']],
    ['isNotFound', isNotFound, ['DB_NOT_FOUND']],
    ['isTransactionConflict', isTransactionConflict, ['DB_SERIALIZATION', 'DB_DEADLOCK']],
    [
      'isTimeout',
      isTimeout,
      ['DB_CONNECT_TIMEOUT', 'DB_ACQUIRE_TIMEOUT', 'DB_STATEMENT_TIMEOUT', 'DB_LOCK_TIMEOUT', 'DB_DEADLINE'],
    ],
    ['isDatabaseError', isDatabaseError, ALL],
  ])('%s says yes to its codes and to no other', (_name, guard, codes) => {
    expect(ALL.filter((code) => guard(error(code)))).toEqual(ALL.filter((code) => codes.includes(code)));
    for (const stranger of [undefined, null, 'DB_UNIQUE', new Error('DB_UNIQUE'), { code: 'DB_UNIQUE' }]) {
      expect(guard(stranger)).toBe(false);
    }
  });

  it('knows an error of another copy of this library by its code', () => {
    const foreign = Object.assign(new Error('m'), { code: 'DB_UNIQUE', constraint: 'users_email_key' });
    expect(isUniqueViolation(foreign, 'users_email_key')).toBe(true);
    expect(isDatabaseError(Object.assign(new Error('m'), { code: '23505' }))).toBe(false);
  });
});

describe('a guard with a name', () => {
  it.each([
    ['DB_UNIQUE', isUniqueViolation],
    ['DB_FOREIGN_KEY', isForeignKeyViolation],
    ['DB_CHECK', isCheckViolation],
    ['DB_EXCLUSION', isExclusionViolation],
  ] as const)('%s asks for that constraint only', (code, guard) => {
    expect(guard(error(code, { constraint: 'a' }), 'a')).toBe(true);
    expect(guard(error(code, { constraint: 'a' }), 'b')).toBe(false);
    expect(guard(error(code), 'a')).toBe(false);
  });

  it('DB_NOT_NULL asks for that column only', () => {
    expect(isNotNullViolation(error('DB_NOT_NULL', { column: 'a' }), 'a')).toBe(true);
    expect(isNotNullViolation(error('DB_NOT_NULL', { column: 'a' }), 'b')).toBe(false);
  });
});

it('hasCode is true for that code alone', () => {
  for (const code of ALL) expect(ALL.filter((other) => hasCode(error(code), other))).toEqual([code]);
});
