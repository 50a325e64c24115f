// The same statements through node-postgres and through the engine must give the same values: in text and in binary, from
// this thread and from a worker, in two time zones. In `lossless` the server's own text must come back.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, superQuery, type TestDatabase } from '../support/server.js';

interface Report {
  readonly values: number;
  readonly compared: number;
  readonly differences: readonly string[];
}

const SCRIPT = fileURLToPath(new URL('compare.js', import.meta.url));
const STATEMENTS = 1000;
const run = promisify(execFile);
let target: TestDatabase;

beforeAll(async () => {
  target = await createTestDatabase();
  const setup = (await import(new URL('values.js', import.meta.url).href)) as { SETUP: readonly string[] };
  for (const sql of setup.SETUP) await superQuery(sql, target.database);
});
afterAll(() => target.drop());

async function compare(zone: string, options: { placement: string; types: string }): Promise<Report> {
  const { host, port, database, user, password } = target;
  const input = {
    target: { host, port, database, user, password },
    seed: 20_261_125,
    statements: STATEMENTS,
    ...options,
  };
  const { stdout } = await run(process.execPath, [SCRIPT, JSON.stringify(input)], {
    env: { ...process.env, TZ: zone, NODE_OPTIONS: '' },
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Report;
}

describe.each(['UTC', 'America/New_York'])('in %s', (zone) => {
  it.each(['inline', 'worker'])(
    'values of every type family equal those of pg, placed %s',
    async (placement) => {
      const report = await compare(zone, { placement, types: 'pg' });
      expect(report.differences).toEqual([]);
      expect(report.values).toBeGreaterThanOrEqual(200);
      expect(report.compared).toBeGreaterThanOrEqual(report.values * 8 + STATEMENTS * 4);
    },
    180_000,
  );

  it.each(['inline', 'worker'])(
    'lossless gives back the text of the server, placed %s',
    async (placement) => {
      const report = await compare(zone, { placement, types: 'lossless' });
      expect(report.differences).toEqual([]);
      expect(report.compared).toBeGreaterThanOrEqual(report.values * 4);
    },
    120_000,
  );
});
