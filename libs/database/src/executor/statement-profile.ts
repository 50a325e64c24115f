// What was learned of a statement by running it, per database and text: whether it was seen, what it costs, whether it
// writes. Guesses for placement, never a condition of being right.
import { RecentMap } from '../query/recent-map.js';

/** Texts remembered. */
const KEPT = 1_000;
/** Share of a new measurement in the mean; larger when it is cheaper, so that one stall does not mark a statement for long. */
const RISING = 0.3;
const FALLING = 0.6;

/** A measurement counts for at most so many times the mean, and a millisecond: a stall of the machine makes nothing dear. */
const SURPRISE = 4;
/** But what surprises more often than this in a row has become dear, and must leave its neighbours soon. */
const STALLS = 2;

/** How a statement comes to a connection. */
export type Way = 'pipeline' | 'write pipeline' | 'slow lease' | 'lease';

export class StatementProfile {
  /** Times it was sent. */
  sights = 0;
  /** Times it was measured. */
  seen = 0;
  /** Exponentially weighted, milliseconds from its turn on the connection to its answer. */
  meanMs = 0;
  /** Exponentially weighted, bytes of DataRow messages. */
  meanBytes = 0;
  /** A read-only session refused it (25006), although it looks like a read. */
  writes = false;
  /** It runs only by itself, in no transaction block (25001): VACUUM, CREATE DATABASE, … CONCURRENTLY. */
  alone = false;

  /** The last way it took. */
  way: Way | undefined;
  /** See placement; undefined = not looked at yet. */
  sharesWrites: boolean | undefined;

  /** Measurements in a row that were far above the mean. */
  #surprises = 0;

  constructor(readonly text: string) {}

  measured(ms: number, bytes: number): void {
    if (this.seen++ === 0) {
      this.meanMs = ms;
      this.meanBytes = bytes;
      return;
    }
    const most = SURPRISE * this.meanMs + 1;
    this.#surprises = ms > most ? this.#surprises + 1 : 0;
    const counted = this.#surprises > STALLS ? ms : Math.min(ms, most);
    this.meanMs += (counted - this.meanMs) * (counted < this.meanMs ? FALLING : RISING);
    this.meanBytes += (bytes - this.meanBytes) * (bytes < this.meanBytes ? FALLING : RISING);
  }
}

/** Bounded; forgets about the least recently used. */
export class StatementProfiles {
  readonly #recent = new RecentMap<string, StatementProfile>(KEPT);

  /** The profile of a text, made if there is none. */
  of(text: string): StatementProfile {
    let profile = this.#recent.get(text);
    if (profile === undefined) this.#recent.set(text, (profile = new StatementProfile(text)));
    return profile;
  }

  get size(): number {
    return this.#recent.size;
  }

  /** The `count` that took the most time altogether. */
  top(count: number): StatementProfile[] {
    return [...this.#recent.values()].toSorted((a, b) => b.seen * b.meanMs - a.seen * a.meanMs).slice(0, count);
  }
}
