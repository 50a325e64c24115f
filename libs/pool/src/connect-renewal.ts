// When every attempt that may be made is under way and none ends, as in a network that swallows everything, the newest is given
// up for a fresh one, again and again: a far side that is back is noticed then, not at the end of the attempts' own time. All
// others keep their whole time, so a far side that is only slow is reached as well. Once nothing at all has come from there
// for that long, it is asked more often: one that is busy, and answers others, is not burdened with that. It finds; the opener acts.
import type { Clock, Timer } from './clock.js';
import type { PoolEntry } from './pool-entry.js';

/** One keeps its whole time. */
const FEWEST = 2;
/** Share of the age at which the newest is too old, once all has been silent for the whole of it: 200 of 500 ms. */
const SILENT_SHARE = 0.4;

export class ConnectRenewal<T extends object> {
  /** Oldest first. */
  readonly #attempts = new Set<PoolEntry<T>>();
  #newest: PoolEntry<T> | undefined;
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    /** Age of the newest attempt, milliseconds; 0 = never. */
    private readonly afterMs: number,
    /** When something was last known to live there. */
    private readonly provenAt: () => number,
    private readonly wake: () => void,
  ) {}

  began(entry: PoolEntry<T>): void {
    this.#attempts.add(entry);
    this.#newest = entry;
    this.stop();
  }

  /** It ended, or is given up for a fresh one. @returns false when it was given up before */
  done(entry: PoolEntry<T>): boolean {
    if (entry === this.#newest) this.#newest = undefined;
    return this.#attempts.delete(entry);
  }

  /** The newest, if it is too old. Undefined while a fresh one is about to be made anyway. */
  due(): PoolEntry<T> | undefined {
    const newest = this.candidate;
    return newest !== undefined && this.clock.now() >= this.dueAt(newest) ? newest : undefined;
  }

  /** Wakes when the newest is too old. */
  arm(waiting: boolean): void {
    const newest = waiting ? this.candidate : undefined;
    if (newest === undefined) return this.stop();
    if (this.#timer !== undefined) return;
    const fire = (): void => {
      this.#timer = undefined;
      this.wake();
    };
    const ms = Math.max(0, this.dueAt(newest) - this.clock.now());
    this.#timer = this.clock.setTimer(ms, fire, { unref: true });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  private get candidate(): PoolEntry<T> | undefined {
    return this.afterMs > 0 && this.#attempts.size >= FEWEST ? this.#newest : undefined;
  }

  private dueAt({ bornAt }: PoolEntry<T>): number {
    const [oldest] = this.#attempts;
    const silentAt = Math.max(oldest?.bornAt ?? bornAt, this.provenAt()) + this.afterMs;
    return Math.min(bornAt + this.afterMs, Math.max(bornAt + this.afterMs * SILENT_SHARE, silentAt));
  }
}
