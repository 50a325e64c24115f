import { describe, expect, it } from '@jest/globals';
import { parsePostmasterPid } from './postmaster-pid.js';

describe('parsePostmasterPid', () => {
  it('reads process id, port and state', () => {
    const text = '4711\n/data\n1790000000\n54329\n\n127.0.0.1\n  1234  5\nready   \n';
    expect(parsePostmasterPid(text)).toEqual({ pid: 4711, port: 54329, status: 'ready' });
  });

  it('takes a file that is still being written as a start', () => {
    expect(parsePostmasterPid('4711\n/data\n')).toEqual({ pid: 4711, port: 0, status: 'starting' });
  });

  it('reads the negative id of a single-user backend', () => {
    expect(parsePostmasterPid('-4711\n')?.pid).toBe(4711);
  });

  it('sees no server in an empty or torn file', () => {
    expect(parsePostmasterPid('')).toBeUndefined();
    expect(parsePostmasterPid('garbage\n')).toBeUndefined();
  });
});
