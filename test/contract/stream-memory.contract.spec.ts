// A result is larger than the process may become: it is read in a process of its own, whose memory is watched.
// HYDROGEN_STREAM_MB=1000 reads a gigabyte; by default less, for the time of everybody's test runs.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectionOf } from '../support/module.js';
import { createTestDatabase, type TestDatabase } from '../support/server.js';

const SCRIPT = fileURLToPath(new URL('../support/stream-memory.js', import.meta.url));
const MEGABYTES = Number(process.env['HYDROGEN_STREAM_MB'] ?? 150);
/** A heap that may not grow: V8 lets one of its own accord grow by a hundred megabytes of garbage before it looks. */
const FLAGS = ['--expose-gc', '--max-old-space-size=64'];
/** What is promised, bytes above idle. */
const MOST = 64 * 2 ** 20;

interface Told {
  readonly seen: number;
  readonly idle: number;
  readonly peak: number;
  readonly ms: number;
}

describe.each([0, 1])('with Workers: %i', (workers) => {
  let target: TestDatabase;
  beforeAll(async () => {
    target = await createTestDatabase();
  });
  afterAll(() => target.drop());

  it.each(['stream', 'ndjson', 'copy', 'cursor'])(
    'a large result as %s takes at most 64 MB above idle',
    async (form) => {
      const { NODE_OPTIONS: _, ...env } = process.env;
      const parameters = [JSON.stringify(connectionOf(target)), form, String(MEGABYTES), String(workers)];
      const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, SCRIPT, ...parameters], { env });
      const told = JSON.parse(stdout) as Told;
      expect(told.seen).toBeGreaterThanOrEqual(MEGABYTES * 1e6);
      const more = told.peak - told.idle;
      if (process.env['HYDROGEN_STREAM_MB'])
        process.stderr.write(`${form} ${workers}: ${more / 2 ** 20} MB, ${told.ms} ms\n`);
      expect(more).toBeLessThan(MOST);
    },
    120_000,
  );
});
