// The process of one scenario with one driver: does its task, tells the outcome, ends. What hangs here ends with it.
// The server belongs to the run; it is stopped and started by asking.
import type { StopMode } from '@hydrogen/embedded';
import { SCENARIOS } from '../scenarios/scenarios.js';
import type { LabServer } from './lab.js';
import type { Task, ToRun, ToScenario } from './messages.js';
import { runScenario } from './run-scenario.js';

const asked = new Map<number, { resolve: (pid: number) => void; reject: (error: Error) => void }>();

function tell(message: ToRun): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

type Question = { readonly act: 'stop'; readonly mode: StopMode } | { readonly act: 'start' | 'pid' };

function ask(question: Question): Promise<number> {
  const id = asked.size + 1;
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    tell({ kind: 'server', id, ...question }).catch(reject);
  });
}

const serverOf = (task: Task): LabServer => ({
  ...task.server,
  pid: () => ask({ act: 'pid' }),
  stop: async (mode) => void (await ask({ act: 'stop', mode })),
  start: async () => void (await ask({ act: 'start' })),
});

async function work(task: Task): Promise<void> {
  const scenario = SCENARIOS.find(({ name }) => name === task.scenario);
  if (!scenario) throw new Error(`no scenario ${task.scenario}`);
  const { driver, timeouts, workers, long } = task;
  const outcome = await runScenario(scenario, { server: serverOf(task), driver, timeouts, workers, long });
  await tell({ kind: 'outcome', outcome });
}

// The run was broken off.
process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToScenario) => {
  if (message.kind === 'task') {
    work(message.task).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
    return;
  }
  const { id, pid, error } = message;
  if (error === undefined) asked.get(id)?.resolve(pid);
  else asked.get(id)?.reject(new Error(error));
});
