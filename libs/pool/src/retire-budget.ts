// How many entries may be retired for their age in one second: a quarter of the pool, so that it never renews itself all at once.
// Counts only; whom to retire is decided elsewhere.

const WINDOW_MS = 1000;

export class RetireBudget {
  #recent: number[] = [];

  /** True, and counted, if one more may be retired now. Sliding window, so no second ever sees more. */
  take(now: number, max: number): boolean {
    this.#recent = this.#recent.filter((at) => now - at < WINDOW_MS);
    if (this.#recent.length >= Math.ceil(max / 4)) return false;
    this.#recent.push(now);
    return true;
  }
}
