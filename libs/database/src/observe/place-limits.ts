// Reports of one fault come from few places of a program, and from each of them often: each place is heard first, then
// rarely. A place is known by its stack.
import { RecentMap } from '../query/recent-map.js';
import { RateLimit } from './rate-limit.js';

/** Places remembered. */
const KEPT = 200;

export class PlaceLimits {
  readonly #limits = new RecentMap<string, RateLimit>(KEPT);

  /** @returns how often it was reported from there, or undefined when it is not to be said now */
  admits(what: string, stack: string | undefined, now: number): number | undefined {
    const place = `${what}\n${stack ?? ''}`;
    let limit = this.#limits.get(place);
    if (limit === undefined) this.#limits.set(place, (limit = new RateLimit()));
    return limit.admits(now) ? limit.count : undefined;
  }
}
