// What a name was said to stand for, and since when not any more. Some names give another of their addresses each time they
// are asked (readers behind one name): those must not be taken for having moved, or all connections would be renewed at every look.
import type { Clock } from '@hydrogen/pool';

/** An address that is listed again after having been gone for less than so many looks: the name rotates. */
const SOON = 6;
/** A rotating name is taken for one for so many looks after the last sign of it. */
const LONG = 60;

interface Listing {
  /** When each address was last listed. */
  readonly seen: Map<string, number>;
  lookedAt: number;
  rotatesUntil: number;
}

export class Listings {
  readonly #names = new Map<string, Listing>();

  constructor(
    private readonly clock: Clock,
    /** Between looks, milliseconds. */
    private readonly lookMs: number,
  ) {}

  note(name: string, addresses: readonly string[]): void {
    const now = this.clock.now();
    const listing = this.#names.get(name) ?? {
      seen: new Map<string, number>(),
      lookedAt: now,
      rotatesUntil: -Infinity,
    };
    this.#names.set(name, listing);
    for (const address of addresses) {
      const before = listing.seen.get(address);
      const gone = before !== undefined && before < listing.lookedAt;
      if (gone && now - before < SOON * this.lookMs) listing.rotatesUntil = now + LONG * this.lookMs;
      listing.seen.set(address, now);
    }
    for (const [address, at] of listing.seen) if (now - at > SOON * this.lookMs) listing.seen.delete(address);
    listing.lookedAt = now;
  }

  /** The name does not stand for that address any more. */
  left(name: string, address: string): boolean {
    const listing = this.#names.get(name);
    if (listing === undefined) return false;
    const at = listing.seen.get(address);
    if (at === undefined) return true;
    return at < listing.lookedAt && this.clock.now() >= listing.rotatesUntil;
  }
}
