// What the problem+json answer tells of trying again: as long as the error itself says, else a second where it makes sense.
import { expect, it } from '@jest/globals';
import { databaseError } from '../errors/database.error.js';
import { problemOf } from './database-exception.filter.js';

it('a refused login answers 503 and says when the next one is tried', () => {
  const error = databaseError({ code: 'DB_CIRCUIT_OPEN', message: 'Main: secret host', retryAfterMs: 4200 });
  expect(problemOf(error, 'r1')).toEqual({
    type: 'urn:hydrogen:error:DB_CIRCUIT_OPEN',
    title: 'The database is unavailable',
    status: 503,
    code: 'DB_CIRCUIT_OPEN',
    retryAfterMs: 4200,
    requestId: 'r1',
  });
});

it('a busy database says a second, a wrong statement nothing', () => {
  expect(problemOf(databaseError({ code: 'DB_QUEUE_FULL', message: 'm' }), 'r1').retryAfterMs).toBe(1000);
  expect(problemOf(databaseError({ code: 'DB_SYNTAX', message: 'm' }), 'r1')).not.toHaveProperty('retryAfterMs');
});
