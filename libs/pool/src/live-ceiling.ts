// How many entries the far side has room for, as far as is known: below `max` after it said that it is full. Waiters then wait
// for what comes back instead of failing. From time to time one more is allowed; while that works, the next one follows at once.
import type { Clock, Timer } from './clock.js';

/** From a "full" to the next try; doubled by each try that fails, jitter included. */
const BASE_PAUSE_MS = 500;
const PAUSE_CAP_MS = 30_000;

export interface CeilingPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly max: () => number;
  /** One more is being opened at this moment. */
  readonly trying: () => boolean;
  readonly moved: (ceiling: number) => void;
  /** There is room for one more. */
  readonly wake: () => void;
}

export class LiveCeiling {
  #limit = Infinity;
  /** Where the far side said that it is full: room above it is news, a replacement below it is not. */
  #fullAt = Infinity;
  #pauseMs = BASE_PAUSE_MS / 2;
  #raised = false;
  #timer: Timer | undefined;

  constructor(private readonly ports: CeilingPorts) {}

  get value(): number {
    return Math.min(this.ports.max(), this.#limit);
  }

  /** @param open entries that the far side has room for, by its own word */
  full(open: number): void {
    this.#fullAt = open;
    this.move(Math.max(1, open));
    if (this.#timer !== undefined && !this.#raised) return;
    this.#raised = false;
    this.#pauseMs = Math.min(PAUSE_CAP_MS, this.#pauseMs * 2);
    this.pause();
  }

  /** One more was opened, so that there are `open` now. */
  succeeded(open: number): void {
    if (this.#limit === Infinity || open <= this.#fullAt) return;
    this.#fullAt = open;
    this.#raised = true;
    this.#pauseMs = BASE_PAUSE_MS / 2;
    this.move(open + 1);
    this.pause();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  private pause(): void {
    this.stop();
    if (this.#limit === Infinity) return;
    const ms = Math.max(BASE_PAUSE_MS, this.#pauseMs) * (1 - this.ports.random() / 2);
    this.#timer = this.ports.clock.setTimer(ms, () => this.raise(), { unref: true });
  }

  private raise(): void {
    this.#timer = undefined;
    if (this.#raised && this.ports.trying()) return this.pause();
    // Nobody needed the last one: what was learned is old by the time somebody does.
    this.move(this.#raised ? Infinity : this.#limit + 1);
    this.#raised = true;
    this.pause();
    this.ports.wake();
  }

  private move(limit: number): void {
    const before = this.value;
    this.#limit = limit > this.ports.max() ? Infinity : limit;
    if (this.#limit === Infinity) this.#pauseMs = BASE_PAUSE_MS / 2;
    if (this.value !== before) this.ports.moved(this.value);
  }
}
