// The pool's only source of time: what "now" is and how to be woken later.
// Nothing else in this library may touch setTimeout, Date or performance; tests replace this port by ManualClock.

export interface Timer {
  /** Idempotent; after it the callback is never called. */
  cancel(): void;
}

export interface TimerOptions {
  /** True: the timer alone does not keep the process alive (housekeeping, backoff). Default false. */
  readonly unref?: boolean;
}

export interface Clock {
  /** Monotonic milliseconds, never the wall clock: a stepped system time must not expire every lease. */
  now(): number;
  /** Calls `fn` once, `ms` from now; at the earliest in the next turn of the event loop. `Infinity` never fires. */
  setTimer(ms: number, fn: () => void, options?: TimerOptions): Timer;
}

/** Above this Node fires after 1 ms instead of waiting; longer times are slept in pieces. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(
    ms: number,
    private readonly fn: () => void,
    private readonly unref: boolean,
  ) {
    this.sleep(ms);
  }

  cancel(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }

  private sleep(ms: number): void {
    const piece = Math.min(ms, LONGEST_SLEEP_MS);
    this.#handle = setTimeout(() => (ms > piece ? this.sleep(ms - piece) : this.fn()), piece);
    if (this.unref) this.#handle.unref();
  }
}

const NEVER: Timer = { cancel: () => undefined };

/** `performance.now` and `setTimeout`. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (ms, fn, options) =>
    ms === Infinity ? NEVER : new SystemTimer(Math.max(0, ms), fn, options?.unref === true),
};
