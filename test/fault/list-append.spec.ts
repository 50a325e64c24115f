// What isolation levels promise, in what transactions saw under faults. At the levels that promise less the checker must find it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LIST_APPEND_SCENARIOS } from '../../faults/src/scenarios/list-append.scenarios.js';
import { startLab, type OwnLab } from '../support/lab.js';

let lab: OwnLab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

describe.each([0, 1])('with Workers: %i', (workers) => {
  it.each(LIST_APPEND_SCENARIOS.map((scenario) => [`${scenario.fault}: ${scenario.goal}`, scenario] as const))(
    '%s',
    async (_, scenario) => {
      expect(await lab.run(scenario, workers)).toMatchObject({ misses: [], hung: 0, uncaught: 0 });
    },
    60_000,
  );
});
