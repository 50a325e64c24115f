// Which statements are COPY from or to a client, and which only look like it.
import { describe, expect, it } from '@jest/globals';
import { thrown } from '../../test-support/failure.js';
import { mustCopy } from './copy-direction.js';

describe('COPY', () => {
  it.each([
    'copy t from stdin',
    'COPY "from stdin" (a, b) FROM STDIN WITH (FORMAT csv)',
    '  /* to stdout */ copy t from stdin -- to stdout',
    'copy a.t\nfrom\nstdin where to_stdout',
    'copy t from stdout',
  ])('%s goes in', (text) => {
    expect(() => mustCopy(text, 'in')).not.toThrow();
    expect(thrown(() => mustCopy(text, 'out')).code).toBe('DB_PARAMETERS');
  });

  it.each(['copy t to stdout', 'copy (select * from stdin) to stdout', 'COPY "t" (a) TO STDOUT (HEADER)'])(
    '%s goes out',
    (text) => {
      expect(() => mustCopy(text, 'out')).not.toThrow();
      expect(thrown(() => mustCopy(text, 'in')).code).toBe('DB_PARAMETERS');
    },
  );

  it.each([
    'select 1',
    '',
    "copy t from '/etc/passwd'",
    "copy t to program 'x to stdout'",
    "insert into t values ('copy t from stdin')",
    'explain copy t from stdin',
    'copyx t from stdin',
  ])('%s is none', (text) => {
    expect(thrown(() => mustCopy(text, 'in')).message).toContain('copyFrom');
    expect(thrown(() => mustCopy(text, 'out')).message).toContain('copyTo');
  });
});
