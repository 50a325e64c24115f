// While connections are open, their hosts' names are looked up again and again; whoever lives at an address that is no longer
// listed is told of. No timer while nothing is open, and none that keeps a process alive. A look-up that fails says nothing.
import type { Clock, Timer } from '@hydrogen/pool';
import { isLiteral, type Addresses } from './addresses.js';
import type { Listings } from './listings.js';
import type { OpenSites } from './open-sites.js';

export interface DnsWatchOptions {
  readonly clock: Clock;
  /** Milliseconds; 0 = off. */
  readonly everyMs: number;
  readonly addresses: Addresses;
  readonly listings: Listings;
  readonly sites: OpenSites;
  /** Connections at addresses that a name has left. */
  readonly onMoved: (connections: ReadonlySet<object>) => void;
}

export class DnsWatch {
  #timer: Timer | undefined;
  #looking = false;
  #closed = false;

  constructor(private readonly options: DnsWatchOptions) {}

  /** A connection was opened. */
  opened(): void {
    const { clock, everyMs } = this.options;
    if (everyMs === 0 || this.#closed || this.#timer !== undefined || this.#looking || this.#names().length === 0)
      return;
    this.#timer = clock.setTimer(everyMs, () => void this.look(), { unref: true });
  }

  /** Now, and from now on. Never rejects. */
  async look(): Promise<void> {
    if (this.#looking || this.#closed || this.options.everyMs === 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#looking = true;
    await Promise.all(this.#names().map((name) => this.#lookUp(name)));
    this.#looking = false;
    if (this.#closed) return;
    this.#tell();
    this.opened();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #names(): string[] {
    const names = new Set([...this.options.sites.all().values()].map(({ host }) => host.name));
    return [...names].filter((name) => !isLiteral(name));
  }

  async #lookUp(name: string): Promise<void> {
    const { addresses, listings } = this.options;
    await addresses.of(name).then(
      (found) => listings.note(name, found),
      () => {},
    );
  }

  #tell(): void {
    const { sites, listings, onMoved } = this.options;
    const moved = [...sites.all()].filter(
      ([, { host, address }]) => !isLiteral(host.name) && listings.left(host.name, address),
    );
    if (moved.length > 0) onMoved(new Set(moved.map(([connection]) => connection)));
  }
}
