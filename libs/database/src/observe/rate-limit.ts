// Which of many equal reports are worth a line: the first, then each tenth up to the hundredth, then one a minute.
// Pure: it is told the time, and says yes or no.

const EACH = 10;
/** From here on by time. */
const MANY = 100;
const PAUSE_MS = 60_000;

export class RateLimit {
  #count = 0;
  #saidAt = -Infinity;

  /** Reports so far, said or not. */
  get count(): number {
    return this.#count;
  }

  /** One more. @param now milliseconds, monotonic @returns whether to say it */
  admits(now: number): boolean {
    const count = ++this.#count;
    const said = count === 1 || (count <= MANY ? count % EACH === 0 : now - this.#saidAt >= PAUSE_MS);
    if (said) this.#saidAt = now;
    return said;
  }
}
