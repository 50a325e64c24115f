// The bank of faults/ in its short form: transfers under kills and lost answers to COMMIT, each counted in a ledger.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BANK_SCENARIOS } from '../../faults/src/scenarios/bank.scenarios.js';
import { startLab, type OwnLab } from '../support/lab.js';

let lab: OwnLab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

describe.each([0, 1])('with Workers: %i', (workers) => {
  it.each(BANK_SCENARIOS.map((scenario) => [`${scenario.fault}: ${scenario.goal}`, scenario] as const))(
    '%s',
    async (_, scenario) => {
      const outcome = await lab.run(scenario, workers);
      expect(outcome).toMatchObject({
        misses: [],
        errors: {},
        hung: 0,
        uncaught: 0,
        facts: { lost: 0, doubled: 0, denied: 0, unbalanced: 0, made: 0, unknown: 0 },
      });
    },
    60_000,
  );
});
