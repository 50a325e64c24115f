// The scenarios of faults/ in their short form on a server of a test's own, which they may kill, stop and restart.
import { runScenario } from '../../faults/src/runner/run-scenario.js';
import type { Measures } from '../../faults/src/runner/tally.js';
import { missesOf, type Scenario } from '../../faults/src/scenarios/scenario.js';
import { startOwnServer } from './server.js';

export interface OwnLab {
  /** With our driver, in this process. `misses`: what was promised and is not so. */
  run(
    scenario: Scenario,
    workers: number,
  ): Promise<(Measures & { readonly misses: readonly string[] }) | { readonly notRun: string }>;
  close(): Promise<void>;
}

export async function startLab(): Promise<OwnLab> {
  // Servers crash here, and what was acknowledged is looked for: commits are written at once.
  const own = await startOwnServer({ settings: { max_connections: '60', synchronous_commit: 'on' } });
  const { host, port, superuser, dataFolder } = own;
  const server = {
    host,
    port,
    superuser,
    dataFolder,
    pid: async () => own.pid,
    stop: (mode: Parameters<typeof own.stop>[0]) => own.stop(mode),
    start: () => own.start(),
  };
  return {
    run: async (scenario, workers) => {
      const outcome = await runScenario(scenario, { server, driver: 'hydrogen', workers, long: false });
      if ('notRun' in outcome) return outcome;
      return { misses: missesOf(scenario, outcome.measures), ...outcome.measures };
    },
    close: () => own.close(),
  };
}
