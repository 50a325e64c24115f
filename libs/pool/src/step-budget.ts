// One duty of the resource manager on its own time: a deadline, a signal, and a race that always settles.
// It never waits for work that ignores its signal; who needs the late result must look after it himself.
import type { Clock, Timer } from './clock.js';
import { StepTimeoutError } from './errors/step-timeout.error.js';
import type { StepContext } from './resource-manager.js';

export class StepBudget {
  readonly context: StepContext;
  readonly #controller = new AbortController();
  readonly #timer: Timer;
  #over = false;
  #failure: { readonly error: unknown } | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(clock: Clock, step: StepTimeoutError['step'], timeoutMs: number) {
    this.context = { deadline: clock.now() + timeoutMs, signal: this.#controller.signal };
    this.#timer = clock.setTimer(timeoutMs, () => this.fail(new StepTimeoutError(step, timeoutMs)));
  }

  /** True when the step was ended from outside, so that its work may still be running. */
  get cut(): boolean {
    return this.#failure !== undefined;
  }

  /** Settles with the work, or rejects when time is over or `fail` is called. Once per budget. */
  race<R>(work: Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.#reject = reject;
      work.then(
        (value) => {
          this.end();
          resolve(value);
        },
        (error: unknown) => {
          this.end();
          reject(error);
        },
      );
      if (this.#failure !== undefined) reject(this.#failure.error);
    });
  }

  /** Aborts the signal and rejects the race. No-op when the step is over. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.end();
    this.#failure = { error };
    this.#controller.abort(error);
    this.#reject?.(error);
  }

  /** The step is over; no timer is left. */
  end(): void {
    this.#over = true;
    this.#timer.cancel();
  }
}
