// Creates that are under way, oldest first, and whether any of them comes through. While none does, they are nothing to wait for
// where something that is open would serve as well. It begins and ends none.
import type { Timer } from './clock.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';

export class ConnectAttempts<T extends object> {
  readonly #all: PoolEntry<T>[] = [];
  #vainSince = 0;
  /** The last thing that happened to them is that one came through. */
  #came = false;
  #timer: Timer | undefined;

  constructor(private readonly core: PoolCore<T>) {}

  /** In the order of their beginning; not a copy. */
  get all(): readonly PoolEntry<T>[] {
    return this.#all;
  }

  /** None that was begun since then has come through. */
  get vainSince(): number {
    return this.#vainSince;
  }

  /** They take longer than `hedgeAfterMs`, all of them. */
  get hanging(): boolean {
    // Without a look at the clock in all but a few cases.
    return this.#all.length > 0 && this.core.clock.now() >= this.hangingAt;
  }

  began(entry: PoolEntry<T>): void {
    if (this.#all.length === 0 || this.#came) this.#vainSince = entry.bornAt;
    this.#came = false;
    this.#all.push(entry);
  }

  /** It is a resource now. */
  came(entry: PoolEntry<T>, now: number): void {
    this.#vainSince = now;
    this.#came = true;
    this.ended(entry);
    this.stop();
  }

  /** @returns false when it was ended before */
  ended(entry: PoolEntry<T>): boolean {
    const at = this.#all.indexOf(entry);
    if (at >= 0) this.#all.splice(at, 1);
    return at >= 0;
  }

  /** Wakes when they are found to hang: from then on who waits may be served otherwise. */
  arm(waiting: boolean): void {
    if (!waiting || this.#all.length === 0) return this.stop();
    if (this.#timer !== undefined) return;
    const { clock } = this.core;
    const ms = this.hangingAt - clock.now();
    if (ms <= 0 || ms === Infinity) return;
    const fire = (): void => {
      this.#timer = undefined;
      this.core.dispatch();
    };
    this.#timer = clock.setTimer(ms, fire, { unref: true });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  private get hangingAt(): number {
    const { hedgeAfterMs } = this.core.options;
    return hedgeAfterMs === 0 ? Infinity : this.#vainSince + hedgeAfterMs;
  }
}
