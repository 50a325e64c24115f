// How often a far side that refuses us may be asked again: one attempt a window, for a login that is refused is refused to all.
// It limits attempts, not callers: who can be served by what is open never hears of it. It opens nothing itself.
import type { Clock, Timer } from './clock.js';
import { CircuitOpenError } from './errors/circuit-open.error.js';

export class ConnectCircuit {
  #proven = false;
  #cause: unknown = undefined;
  #until = 0;
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly windowMs: number,
    private readonly wake: () => void,
  ) {}

  /** No create may start. */
  get open(): boolean {
    return this.#timer !== undefined;
  }

  /** Until the next one may, milliseconds. */
  get leftMs(): number {
    return this.open ? Math.max(0, this.#until - this.clock.now()) : 0;
  }

  /** The last word of the far side was yes. Before the first one, and after a no, attempts go one at a time. */
  get proven(): boolean {
    return this.#proven;
  }

  /** The last word was no. */
  get refuted(): boolean {
    return this.#cause !== undefined;
  }

  succeeded(): void {
    this.#proven = true;
    this.#cause = undefined;
    this.stop();
  }

  /** Attempts that were on their way together with the first refused one do not make its window longer. */
  refused(cause: unknown): void {
    this.#proven = false;
    this.#cause = cause ?? 'refused';
    if (this.open || this.windowMs === 0) return;
    this.#until = this.clock.now() + this.windowMs;
    const fire = (): void => {
      this.#timer = undefined;
      this.wake();
    };
    this.#timer = this.clock.setTimer(this.windowMs, fire, { unref: true });
  }

  refusal(pool: string): CircuitOpenError {
    return new CircuitOpenError(pool, this.leftMs, this.#cause);
  }

  /** Ends the window; no timer is left. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
