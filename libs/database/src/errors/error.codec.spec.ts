// An error there and back: class, code, fields, cause and stack survive, and what may hold values of rows stays unseen.
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { databaseError, DatabaseConstraintError, DatabaseError } from './database.error.js';
import { decodeError, encodeCause, encodeError } from './error.codec.js';
import type { ErrorData } from './error-data.js';

const EVERYTHING: Omit<ErrorData, 'stack' | 'cause'> = {
  code: 'DB_UNIQUE',
  message: 'duplicate key',
  retryable: true,
  inDoubt: false,
  database: 'OIDC',
  step: 'execute',
  elapsedMs: 12,
  sqlState: '23505',
  severity: 'ERROR',
  schema: 'app',
  table: 'users',
  column: 'email',
  dataType: 'text',
  constraint: 'users_email_key',
  position: 7,
  routine: '_bt_check_unique',
};
const SECRET = 'Key (email)=(canary@example.org) already exists.';
const error = (): DatabaseError => databaseError({ ...EVERYTHING, detail: SECRET, hint: 'hint canary' });
const thereAndBack = (thrown: unknown): DatabaseError => decodeError(structuredClone(encodeError(thrown)));

describe('the codec', () => {
  it('keeps class, name, code and every field through structuredClone', () => {
    const there = error();
    const back = thereAndBack(there);
    expect(back).toBeInstanceOf(DatabaseConstraintError);
    expect(back.name).toBe('DatabaseConstraintError');
    expect(back).toMatchObject(EVERYTHING);
    expect({ detail: back.detail, hint: back.hint, stack: back.stack }).toEqual({
      detail: SECRET,
      hint: 'hint canary',
      stack: there.stack,
    });
    expect(back.toJSON()).toEqual(there.toJSON());
  });

  it('adds no field that was not there', () => {
    const there = databaseError({ code: 'DB_NOT_FOUND', message: 'none' });
    expect(Object.keys(thereAndBack(there)).toSorted()).toEqual(Object.keys(there).toSorted());
    expect(thereAndBack(there).cause).toBeUndefined();
    expect('cause' in thereAndBack(there)).toBe(false);
  });

  it.each([
    [true, false],
    [false, true],
    [false, false],
  ])('keeps inDoubt %s and retryable %s, whatever the table says', (inDoubt, retryable) => {
    const there = databaseError({ code: 'DB_CONNECTION_LOST', message: 'm', inDoubt, retryable });
    expect(thereAndBack(there)).toMatchObject({ inDoubt, retryable });
  });

  it('keeps the cause as an Error with its name, code and stack', () => {
    const cause = Object.assign(new TypeError('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const back = thereAndBack(databaseError({ code: 'DB_CONNECT_FAILED', message: 'm' }, { cause }));
    expect(back.cause).toBeInstanceOf(Error);
    expect(back.cause).toMatchObject({ name: 'TypeError', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' });
    expect((back.cause as Error).stack).toBe(cause.stack);
  });

  it('keeps the chain of causes', () => {
    const root = new Error('the disk is full');
    const middle = new Error('cannot write', { cause: root });
    const back = thereAndBack(databaseError({ code: 'DB_CONNECT_FAILED', message: 'm' }, { cause: middle }));
    expect(back.cause).toMatchObject({ message: 'cannot write', cause: { message: 'the disk is full' } });
  });

  it('ends with a chain of causes that bites its tail', () => {
    const tail = new Error('tail');
    tail.cause = tail;
    expect(thereAndBack(databaseError({ code: 'DB_QUERY', message: 'm' }, { cause: tail })).message).toBe('m');
  });

  it('ends with an AggregateError that holds itself', () => {
    const whole = new AggregateError([]);
    whole.errors.push(whole);
    expect(thereAndBack(databaseError({ code: 'DB_QUERY', message: 'm' }, { cause: whole })).message).toBe('m');
  });

  it('makes of what is not ours a DB_PROTOCOL with it as the cause', () => {
    expect(thereAndBack(new RangeError('bug'))).toMatchObject({
      code: 'DB_PROTOCOL',
      message: 'unexpected failure: bug',
      cause: { name: 'RangeError', message: 'bug' },
    });
  });

  it.each<unknown>(['text', 1, null, undefined, Symbol('s'), { a: 1 }, Object.create(null), () => 1])(
    'takes %p for thrown, and for a cause, without failing itself',
    (value) => {
      expect(thereAndBack(value).code).toBe('DB_PROTOCOL');
      const caused = databaseError({ code: 'DB_CANCELLED', message: 'm' }, { cause: value });
      expect(thereAndBack(caused).message).toBe('m');
    },
  );

  it('leaves figures and holders of the pool behind: they are of this thread', () => {
    const there = databaseError(
      { code: 'DB_QUEUE_FULL', message: 'm' },
      { snapshot: { stats: { max: 1 }, holders: [] } },
    );
    expect(there.stats).toEqual({ max: 1 });
    expect(encodeError(there)).not.toHaveProperty('stats');
    expect(encodeError(there)).not.toHaveProperty('holders');
  });
});

describe('a cause in a line', () => {
  it('is its message, the parts of an AggregateError each once, or at least its name', () => {
    const parts = ['::1 refused', '127.0.0.1 refused', '::1 refused'].map((message) => new Error(message));
    expect(encodeCause(new AggregateError(parts)).message).toBe('::1 refused; 127.0.0.1 refused');
    expect(encodeCause(new AggregateError([], 'all failed')).message).toBe('all failed');
    expect(encodeCause(new RangeError('')).message).toBe('RangeError');
    expect(encodeCause('text')).toEqual({ name: 'Error', message: 'text' });
  });

  it('has a code only where it is a text', () => {
    expect(encodeCause(Object.assign(new Error('m'), { code: 20 }))).not.toHaveProperty('code');
  });
});

describe('what may hold values of rows', () => {
  it('is there for who asks, and in no printed form, before and after the hop', () => {
    for (const each of [error(), thereAndBack(error())]) {
      expect(each.detail).toBe(SECRET);
      expect(each.hint).toBe('hint canary');
      const printed = [
        inspect(each, { showHidden: true, depth: 9 }),
        inspect({ nested: each }, { showHidden: true, depth: 9 }),
        JSON.stringify(each),
        JSON.stringify({ nested: [each] }),
        String(each),
        each.stack,
        JSON.stringify({ ...each }),
        JSON.stringify(structuredClone(each)),
      ];
      for (const text of printed) expect(text).not.toContain('canary');
    }
  });
});

describe('toJSON', () => {
  it('has name, message and the fields, and no stack', () => {
    expect(JSON.parse(JSON.stringify(error()))).toEqual({ name: 'DatabaseConstraintError', ...EVERYTHING });
  });
});
