// A clock that a test holds in its hand: time stands still until `advance`.
// For tests only, here and in other libraries; it must never be wired into a running service.
import type { Clock, Timer, TimerOptions } from './clock.js';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
  readonly unref: boolean;
}

/** Promise turns given to the code under test between two timers; deeper chains of awaits than this are not expected. */
const TURNS = 24;

export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** @param start first value of `now()`, in milliseconds; default 0. */
  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimer(ms: number, fn: () => void, options?: TimerOptions): Timer {
    const timer: Pending = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      fn,
      unref: options?.unref === true,
    };
    if (ms !== Infinity) this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer) };
  }

  /** Timers still armed; a closed pool must leave none. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Timers that would keep a process alive. */
  get pendingRefTimers(): number {
    return [...this.#pending].filter((timer) => !timer.unref).length;
  }

  /** Moves time by `ms` and fires what falls due, in order of time, then of setting. Promises do not run in between. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.due(end); timer !== undefined; timer = this.due(end)) this.fire(timer);
    this.#now = end;
  }

  /** Like `advance`, but lets promises settle before, between and after the timers. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let timer = this.due(end); timer !== undefined; timer = this.due(end)) {
      this.fire(timer);
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets promises settle without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
  }

  private due(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.at > end) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  }

  private fire(timer: Pending): void {
    this.#pending.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.fn();
  }
}
