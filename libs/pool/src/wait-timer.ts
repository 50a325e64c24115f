// One timer for all waiters, set to the earliest deadline: a timer each would be a tenth of what a short wait costs.
// It only says that somebody's time is over; whose, and what follows, is the door's matter.
import type { Clock, Timer } from './clock.js';

export class WaitTimer {
  #timer: Timer | undefined;
  #firesAt = Infinity;

  constructor(
    private readonly clock: Clock,
    /** @returns the next deadline, Infinity if nobody waits for one */
    private readonly expire: (now: number) => number,
  ) {}

  /** Somebody waits until then. */
  by(deadline: number): void {
    if (deadline < this.#firesAt) this.arm(deadline);
  }

  /** Nobody waits. */
  stop(): void {
    if (this.#timer !== undefined) this.arm(Infinity);
  }

  private arm(at: number): void {
    this.#timer?.cancel();
    this.#firesAt = at;
    this.#timer = at === Infinity ? undefined : this.clock.setTimer(at - this.clock.now(), () => this.fire());
  }

  private fire(): void {
    this.#timer = undefined;
    this.#firesAt = Infinity;
    // Those whose deadline this once was may have been served: then it is only moved on.
    this.by(this.expire(this.clock.now()));
  }
}
