// The parent's end of a contestant's process: asks it one thing at a time, and hears when it dies instead of answering.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaseSpec, ContestantSpec } from '../cases/case.js';
import type { Answer, Request, Word } from '../contestant/messages.js';
import type { Fingerprint } from '../contestant/same.js';
import { NotAvailable } from '../drivers/driver.js';
import type { Figures } from '../metrics.js';
import type { Contestant } from './contestant.js';
import { startCountingProxy } from './round-trips.js';

const ENTRY = fileURLToPath(new URL('../contestant/main.js', import.meta.url));
const CLOSE_WITHIN_MS = 5000;
/** Whoever hangs is out, and the run goes on. A gigabyte on a slow machine has to fit. */
const ANSWER_WITHIN_MS = 180_000;

export class ContestantProcess implements Contestant {
  readonly #child: ChildProcess;
  readonly #url: string;
  #onWord: (word: Word) => void = () => {};

  private constructor(
    readonly spec: ContestantSpec,
    url: string,
  ) {
    this.#url = url;
    // UTC, for drivers differ in which zone they read a date without one; production, as a service would run.
    const env = { ...process.env, TZ: 'UTC', NODE_ENV: 'production' };
    this.#child = fork(ENTRY, { env, serialization: 'advanced' });
    this.#child.setMaxListeners(0);
  }

  /** @throws NotAvailable */
  static async start(spec: ContestantSpec, of: CaseSpec, url: string, quick: boolean): Promise<ContestantProcess> {
    const contestant = new ContestantProcess(spec, url);
    try {
      const answer = await contestant.#ask({ kind: 'prepare', spec: of, contestant: spec, url, quick });
      if (answer.kind === 'unavailable') throw new NotAvailable(answer.reason);
      return contestant;
    } catch (error) {
      await contestant.close();
      throw error;
    }
  }

  async check(): Promise<Fingerprint | undefined> {
    const answer = await this.#ask({ kind: 'check' });
    return answer.kind === 'checked' ? answer.fingerprint : undefined;
  }

  async countTrips(turns: number): Promise<number | undefined> {
    const proxy = await startCountingProxy(this.#url);
    let [before, after] = [0, 0];
    this.#onWord = ({ kind }) => {
      if (kind === 'warm') before = proxy.trips();
      else after = proxy.trips();
      this.#child.send({ kind: 'go' });
    };
    try {
      const answer = await this.#ask({ kind: 'count', url: proxy.url, turns });
      return answer.kind === 'counted' && answer.turns > 0 ? (after - before) / answer.turns : undefined;
    } finally {
      await proxy.close();
    }
  }

  async round(ms: number, warmMs: number): Promise<Figures> {
    const answer = await this.#ask({ kind: 'round', ms, warmMs });
    return answer.kind === 'measured' ? answer.figures : {};
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_WITHIN_MS);
    await this.#ask({ kind: 'close' }).catch(() => {});
    if (child.connected) child.disconnect(); // it ends by itself then
    await gone;
    clearTimeout(timer);
  }

  #ask(request: Request): Promise<Answer> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        settle(() => reject(new Error(`it has not answered '${request.kind}' in ${ANSWER_WITHIN_MS / 1000} s`)));
      }, ANSWER_WITHIN_MS);
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        act();
      };
      const onMessage = (message: Answer | Word): void => {
        if (isWord(message)) this.#onWord(message);
        else if (message.kind === 'failed') settle(() => reject(new Error(message.message)));
        else settle(() => resolve(message));
      };
      const onExit = (code: number | null, signal: string | null): void =>
        settle(() => reject(new Error(`its process ended with ${signal ?? code}`)));
      child.on('message', onMessage).on('exit', onExit);
      child.send(request, (error) => {
        if (error) settle(() => reject(error));
      });
    });
  }
}

function isWord(message: Answer | Word): message is Word {
  return message.kind === 'warm' || message.kind === 'done';
}
