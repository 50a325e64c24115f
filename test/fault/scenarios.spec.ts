// The scenarios of faults/ in their short form: what `npm run faults` prints as a table is a promise here.
// Each has the server's processes to itself; they are killed, stopped and restarted.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EmbeddedServer } from '@hydrogen/embedded';
import type { LabServer } from '../../faults/src/runner/lab.js';
import { runScenario } from '../../faults/src/runner/run-scenario.js';
import { missesOf } from '../../faults/src/scenarios/scenario.js';
import { SCENARIOS } from '../../faults/src/scenarios/scenarios.js';
import { startOwnServer } from '../support/server.js';

/** Where the connection stands makes no difference to these: they are about the pool and the callers. */
const ONCE: ReadonlySet<string> = new Set([
  'nested-acquire',
  'end-busy',
  'end-leaked',
  'double-release',
  'sql-errors',
  'server-slots',
  'burst',
  'black-hole-2s',
  'refused',
  'half-open',
  'disk-full',
]);

let server: EmbeddedServer;
let labServer: LabServer;

beforeAll(async () => {
  // Servers crash here, and what was acknowledged is looked for: commits are written at once.
  server = await startOwnServer({ settings: { max_connections: '60', synchronous_commit: 'on' } });
  const { host, port, superuser, dataFolder } = server;
  labServer = {
    host,
    port,
    superuser,
    dataFolder,
    pid: async () => server.pid,
    stop: (mode) => server.stop(mode),
    start: () => server.start(),
  };
});
afterAll(() => server.close());

describe.each([0, 1])('with Workers: %i', (workers) => {
  const scenarios = SCENARIOS.filter(({ name }) => workers === 1 || !ONCE.has(name));

  it.each(scenarios.map((scenario) => [`${scenario.name}: ${scenario.goal}`, scenario] as const))(
    '%s',
    async (_, scenario) => {
      const outcome = await runScenario(scenario, { server: labServer, driver: 'hydrogen', workers, long: false });
      if ('notRun' in outcome) return expect(outcome.notRun).toMatch(/root|Linux|mounted|namespace/);
      expect({ misses: missesOf(scenario, outcome.measures), ...outcome.measures }).toMatchObject({ misses: [] });
    },
    60_000,
  );
});
