// What a failed connect means: "not yet" unless the server said a plain no, or that it is full.
import { ManualClock, type CreateFailure } from '@hydrogen/pool';
import { expect, it } from '@jest/globals';
import { databaseError } from '../errors/database.error.js';
import type { DatabaseErrorCode } from '../errors/error-code.js';
import { ConnectionManager } from './connection-manager.js';
import { RoundTrip } from './round-trip.js';

const manager = new ConnectionManager({
  clock: new ManualClock(),
  connectors: [],
  request: () => Promise.reject(new Error('nobody connects here')),
  resetMode: 'smart',
  roundTrip: new RoundTrip(),
});

it.each<[CreateFailure, DatabaseErrorCode, string | undefined, string]>([
  ['refused', 'DB_AUTH_FAILED', '28P01', 'password authentication failed'],
  ['refused', 'DB_CONNECT_FAILED', '3D000', 'database "x" does not exist'],
  ['refused', 'DB_CONNECT_FAILED', '42501', 'permission denied for database'],
  ['fatal', 'DB_TLS', undefined, 'self-signed certificate'],
  ['retry', 'DB_TLS', undefined, 'the server answered the request for TLS with neither yes nor no'],
  ['fatal', 'DB_AUTH_FAILED', undefined, 'SASL: client password must be a string'],
  ['retry', 'DB_AUTH_FAILED', undefined, 'SASL: nonce is not printable'],
  ['full', 'DB_CONNECT_FAILED', '53300', 'sorry, too many clients already'],
  ['full', 'DB_CONNECT_FAILED', '53400', 'limit of the configuration'],
  ['full', 'DB_CONNECT_FAILED', '08P01', 'no more connections allowed (max_client_conn)'],
  ['retry', 'DB_CONNECT_FAILED', '08P01', 'server login has been failing, try again later'],
  ['retry', 'DB_CONNECT_FAILED', '57P03', 'the database system is starting up'],
  ['retry', 'DB_CONNECT_FAILED', undefined, 'connect ECONNREFUSED'],
  ['retry', 'DB_CONNECTION_LOST', '57P01', 'terminating connection'],
  ['retry', 'DB_CONNECT_TIMEOUT', undefined, 'no answer'],
])('is %s: %s, %s (%s)', (meaning, code, sqlState, message) => {
  expect(manager.classifyFailure(databaseError({ code, message, ...(sqlState ? { sqlState } : {}) }))).toBe(meaning);
});

it('is "not yet" for what is no error of ours', () => {
  expect(manager.classifyFailure(new Error('from a password function'))).toBe('retry');
});
