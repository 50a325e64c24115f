// One scenario with one driver in this process: the lab is opened, uncaught errors are counted, everything is ended.
import { setImmediate as turn } from 'node:timers/promises';
import { NotRun, type Scenario } from '../scenarios/scenario.js';
import { Lab, type LabOptions } from './lab.js';
import type { Measures } from './tally.js';

export type Outcome = { readonly measures: Measures } | { readonly notRun: string };

export async function runScenario(scenario: Scenario, options: LabOptions): Promise<Outcome> {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  const lab = await Lab.open(options);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  try {
    const facts = await scenario.run(lab);
    await turn();
    return { measures: lab.tally.measures(uncaught, facts) };
  } catch (error) {
    if (error instanceof NotRun) return { notRun: error.message };
    throw error;
  } finally {
    await lab.close();
    process.off('uncaughtException', note).off('unhandledRejection', note);
  }
}
