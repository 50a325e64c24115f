// How far away the server is: what a round trip costs that does nothing. A statement's own cost is what it takes beyond
// it; without it, everything would look dear on a server of another city. Learned from pings that are sent anyway.

/** Share of a slower ping in the estimate; a faster one counts at once, for nothing makes a ping faster than it is. */
const RISING = 0.1;

export class RoundTrip {
  #ms: number | undefined;

  /** Milliseconds; 0 = not known yet. */
  get ms(): number {
    return this.#ms ?? 0;
  }

  get known(): boolean {
    return this.#ms !== undefined;
  }

  measured(ms: number): void {
    const known = this.#ms;
    this.#ms = known === undefined || ms < known ? ms : known + (ms - known) * RISING;
  }
}
