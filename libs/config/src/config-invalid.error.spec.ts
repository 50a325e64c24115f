// How the one error looks when Node, a logger or a test prints it.
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ConfigInvalidError } from './config-invalid.error.js';

describe('ConfigInvalidError', () => {
  const issues = [
    { path: 'Databases.Workers', message: 'must be an integer from 0 to 2, got 9' },
    { path: 'Databases.Connections.A.Port', message: 'environment variable A_PORT is not set', env: 'A_PORT' },
  ];
  const lines =
    'Databases.Workers: must be an integer from 0 to 2, got 9\n' +
    'Databases.Connections.A.Port: environment variable A_PORT is not set';
  const error = new ConfigInvalidError(issues);

  it('is its lines, bare', () => {
    expect(error.message).toBe(lines);
    expect(error.stack).toBe(lines);
    expect(inspect(error, { showHidden: true })).toBe(lines);
    expect(String(error)).toBe(`ConfigInvalidError: ${lines}`);
  });

  it('carries code and issues, without printing them a second time', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe('DB_CONFIG_INVALID');
    expect(error.issues).toEqual(issues);
    expect(Object.keys(error)).toEqual([]);
    expect(Object.isFrozen(error.issues)).toBe(true);
  });

  it('goes into JSON with all it knows', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'ConfigInvalidError',
      code: 'DB_CONFIG_INVALID',
      message: lines,
      issues,
    });
  });
});
