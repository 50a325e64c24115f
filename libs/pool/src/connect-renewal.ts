// When every attempt that may be made is under way and none ends, as in a network that swallows everything, the newest is given
// up for a fresh one, again and again: a far side that is back is noticed then, not at the end of the attempts' own time. All
// others keep their whole time, so a far side that is only slow is reached as well. It finds; the opener acts.
import type { Clock, Timer } from './clock.js';
import type { PoolEntry } from './pool-entry.js';

/** One keeps its whole time. */
const FEWEST = 2;

export class ConnectRenewal<T extends object> {
  /** Oldest first. */
  readonly #attempts = new Set<PoolEntry<T>>();
  #newest: PoolEntry<T> | undefined;
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    /** Age of the newest attempt, milliseconds; 0 = never. */
    private readonly afterMs: number,
    private readonly wake: () => void,
  ) {}

  began(entry: PoolEntry<T>): void {
    this.#attempts.add(entry);
    this.#newest = entry;
    this.stop();
  }

  done(entry: PoolEntry<T>): void {
    this.#attempts.delete(entry);
    if (entry === this.#newest) this.#newest = undefined;
  }

  /** The newest, if it is too old. Undefined while a fresh one is about to be made anyway. */
  due(): PoolEntry<T> | undefined {
    const newest = this.#newest;
    if (newest === undefined || this.afterMs === 0 || this.#attempts.size < FEWEST) return undefined;
    return this.clock.now() - newest.bornAt >= this.afterMs ? newest : undefined;
  }

  /** Wakes when the newest is too old. */
  arm(waiting: boolean): void {
    const newest = this.#newest;
    if (!waiting || newest === undefined || this.afterMs === 0 || this.#attempts.size < FEWEST) return this.stop();
    if (this.#timer !== undefined) return;
    const fire = (): void => {
      this.#timer = undefined;
      this.wake();
    };
    const ms = Math.max(0, newest.bornAt + this.afterMs - this.clock.now());
    this.#timer = this.clock.setTimer(ms, fire, { unref: true });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
