// How many calls of a database may be run again after their connection was lost: a tenth of all, so that a server that dies
// of its load is not given more. (Source of the rule: Finagle's RetryBudget, a share of requests and a floor for the quiet.)

const WINDOW_MS = 10_000;
/** A tenth of the calls. */
const SHARE = 0.1;
/** So many in a window whatever the load: a service that asks little has lost a large part of it. */
const FLOOR = 100;

export class RetryBudget {
  /** Calls since the start; counted by whoever dispatches them. */
  calls = 0;
  /** Calls that were run again, and those that were not because too many were. */
  granted = 0;
  refused = 0;
  #since = -Infinity;
  #callsBefore = 0;
  #taken = 0;

  /** @param startedAt a reading of the clock */
  constructor(private readonly startedAt: number) {}

  /** @param now a reading of the clock. True, and counted, if one more may run again */
  take(now: number): boolean {
    if (now - this.#since >= WINDOW_MS) {
      this.#callsBefore = this.calls;
      this.#since = now;
      this.#taken = 0;
    }
    // The window has just begun when it matters most: the load of all the time before is a measure as well.
    const usual = (this.calls * WINDOW_MS) / Math.max(WINDOW_MS, now - this.startedAt);
    const allowed = FLOOR + SHARE * Math.max(usual, this.calls - this.#callsBefore);
    if (this.#taken >= allowed) {
      this.refused++;
      return false;
    }
    this.#taken++;
    this.granted++;
    return true;
  }
}
