// The scenarios of faults/ in their short form: what `npm run faults` prints as a table is a promise here.
// Each has the server's processes to itself; they are killed, stopped and restarted.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCENARIOS } from '../../faults/src/scenarios/scenarios.js';
import { startLab, type OwnLab } from '../support/lab.js';

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

let lab: OwnLab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

describe.each([0, 1])('with Workers: %i', (workers) => {
  // Those about transactions have specs of their own.
  const scenarios = SCENARIOS.filter(
    ({ name, group }) => group !== 'transactions' && (workers === 1 || !ONCE.has(name)),
  );

  it.each(scenarios.map((scenario) => [`${scenario.name}: ${scenario.goal}`, scenario] as const))(
    '%s',
    async (_, scenario) => {
      const outcome = await lab.run(scenario, workers);
      if ('notRun' in outcome) return expect(outcome.notRun).toMatch(/root|Linux|mounted|namespace/);
      expect(outcome).toMatchObject({ misses: [] });
    },
    60_000,
  );
});
