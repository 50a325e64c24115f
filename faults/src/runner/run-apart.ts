// A scenario with a driver in a process of its own, under a hard limit: whoever hangs, spins or dies takes nothing with him.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EmbeddedServer } from '@hydrogen/embedded';
import type { Scenario } from '../scenarios/scenario.js';
import type { Task, ToRun, ToScenario } from './messages.js';
import type { Outcome } from './run-scenario.js';

const ENTRY = fileURLToPath(new URL('scenario-process.js', import.meta.url));
const LIMIT_MS = 60_000;

/** What became of it; `ended`: its process did, before it could tell. */
export type Apart = Outcome | { readonly ended: string };

export async function runApart(
  scenario: Scenario,
  server: EmbeddedServer,
  task: Omit<Task, 'scenario' | 'server'>,
): Promise<Apart> {
  const { host, port, superuser, dataFolder } = server;
  const child = fork(ENTRY, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let words = '';
  child.stderr?.on('data', (bytes: Buffer) => (words = (words + bytes.toString()).slice(-4_000)));
  const limitMs = scenario.limitMs ?? LIMIT_MS;
  let outcome: Outcome | undefined;
  let late = false;
  const say = (message: ToScenario): void => void (child.connected && child.send(message));
  child.on('message', (message: ToRun) => {
    if (message.kind === 'outcome') outcome = message.outcome;
    else void serve(server, message).then(say);
  });
  const limit = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limitMs);
  const ended = new Promise<string>((resolve) => child.once('close', (code, signal) => resolve(`${signal ?? code}`)));
  say({ kind: 'task', task: { ...task, scenario: scenario.name, server: { host, port, superuser, dataFolder } } });
  const how = await ended;
  clearTimeout(limit);
  await server.start(); // where the scenario left it stopped
  if (outcome) return outcome;
  if (late) return { ended: `not done after ${limitMs / 1000} s` };
  const [why = ''] = words.split('\n').filter((line) => /error/i.test(line));
  return { ended: `process ended with ${how}: ${why.trim()}` };
}

async function serve(server: EmbeddedServer, question: ToRun & { kind: 'server' }): Promise<ToScenario> {
  const { id, act } = question;
  try {
    if (act === 'stop') await server.stop(question.mode);
    if (act === 'start') await server.start();
    return { kind: 'server', id, pid: server.pid };
  } catch (error) {
    return { kind: 'server', id, pid: 0, error: (error as Error).message };
  }
}
