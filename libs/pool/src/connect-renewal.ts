// When every attempt that may be made is under way and none ends, as in a network that swallows everything, one is given up for a
// fresh one, again and again: a far side that is back is noticed then, not at the end of the attempts' own time. How long its
// connects take is not known, so the ages of the others are kept apart, and one that needs two seconds is reached as well as one
// that needs fifty milliseconds. Once nothing at all has come from there for that long, it is asked more often: one that is busy,
// and answers others, is not burdened with that. It finds; the opener acts.
import type { Timer } from './clock.js';
import type { ConnectAttempts } from './connect-attempts.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';

/** One that is alone has nothing beside it that could come instead. */
const FEWEST = 2;
/** Share of the age at which the newest has had its chance, once all has been silent for the whole of it: 200 of 500 ms. */
const SILENT_SHARE = 0.4;
/** Of the same age, how long the older of two may hang: a second; the one after it three, and the next its whole time. */
const PATIENCE = 2;
const GROWTH = 3;

export class ConnectRenewal<T extends object> {
  /** One was given up, and the fresh one is not begun. */
  #owed = false;
  #patience = PATIENCE;
  #answers = 0;
  #answeredAt = -Infinity;
  #timer: Timer | undefined;

  constructor(
    private readonly core: PoolCore<T>,
    private readonly attempts: ConnectAttempts<T>,
  ) {}

  began(): void {
    this.#owed = false;
    this.listen(this.core.clock.now());
    this.stop();
  }

  came(): void {
    this.#owed = false;
    this.#patience = PATIENCE;
    this.stop();
  }

  /** One failed by itself. */
  failed(): void {
    // Nobody is left who hangs longer than may be: what comes now is met as the first were.
    if (this.patienceMs > this.core.options.connectTimeoutMs) this.#patience = PATIENCE;
    this.stop();
  }

  /** The one that is to be given up now. The next is so when a fresh one has begun. */
  take(): PoolEntry<T> | undefined {
    const now = this.core.clock.now();
    if (!this.possible || now < this.dueAt(now)) return undefined;
    this.#owed = true;
    const spent = this.spent(now);
    if (spent === undefined) return this.leastTelling(now);
    this.#patience *= GROWTH;
    return spent;
  }

  /** Wakes when one is due. */
  arm(waiting: boolean): void {
    if (!waiting) this.#owed = false;
    if (!waiting || !this.possible) return this.stop();
    if (this.#timer !== undefined) return;
    const { clock } = this.core;
    const now = clock.now();
    const fire = (): void => {
      this.#timer = undefined;
      this.core.dispatch();
    };
    this.#timer = clock.setTimer(Math.max(0, this.dueAt(now) - now), fire, { unref: true });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  private get possible(): boolean {
    return this.core.options.hedgeAfterMs > 0 && this.attempts.all.length >= FEWEST && !this.#owed;
  }

  private get patienceMs(): number {
    return this.#patience * this.core.options.hedgeAfterMs;
  }

  /** The older of two that has hung for its time: the younger one, which would always be young, has its turn then. */
  private spent(now: number): PoolEntry<T> | undefined {
    const { all } = this.attempts;
    return all.find(({ bornAt }) => all.length === FEWEST && now - bornAt >= this.patienceMs);
  }

  /** When the newest has had its chance. */
  private dueAt(now: number): number {
    this.listen(now);
    const { attempts, core } = this;
    const { hedgeAfterMs } = core.options;
    const newest = attempts.all.at(-1)?.bornAt ?? now;
    // It is to be one that another may stand beside.
    if (this.spent(now) !== undefined) return newest + hedgeAfterMs;
    const silentAt = Math.max(attempts.vainSince, core.provenAt, this.#answeredAt) + hedgeAfterMs;
    return Math.min(newest + hedgeAfterMs, Math.max(newest + hedgeAfterMs * SILENT_SHARE, silentAt));
  }

  /**
   * Of the younger half the one whose age, as a multiple, is nearest to that of the one before it; of equals the newest. The
   * older half is left alone, and those that have another beside them: what a far side that is slow has done for them would be lost.
   */
  private leastTelling(now: number): PoolEntry<T> | undefined {
    const { all } = this.attempts;
    let least: PoolEntry<T> | undefined;
    let leastTimes = Infinity;
    all.forEach((entry, index) => {
      const before = all[index - 1];
      if (index < Math.floor(all.length / 2) || entry.overdue || before === undefined) return;
      const times = (now - before.bornAt) / Math.max(1, now - entry.bornAt);
      if (times <= leastTimes) [least, leastTimes] = [entry, times];
    });
    return least;
  }

  /** Answers are counted where they come, which costs them nothing; when the last one came is known as well as it is asked. */
  private listen(now: number): void {
    const answers = this.core.answers();
    if (answers === this.#answers) return;
    this.#answers = answers;
    this.#answeredAt = now;
  }
}
