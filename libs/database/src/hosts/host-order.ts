// In which order hosts are tried. Without weights as they are written; with them, first the one that has least of its
// share, so that shares are exact and not merely likely. Who failed a moment ago comes last.
import type { Host } from './host.js';
import type { HostMemory } from './host-memory.js';
import type { OpenSites } from './open-sites.js';

export class HostOrder {
  readonly hosts: readonly Host[];
  /** Some host has a weight. */
  readonly spread: boolean;
  readonly #sites: OpenSites;
  readonly #memory: HostMemory;

  constructor(hosts: readonly Host[], sites: OpenSites, memory: HostMemory) {
    this.hosts = hosts;
    this.spread = hosts.some(({ weight }) => weight !== undefined);
    this.#sites = sites;
    this.#memory = memory;
  }

  /** Counts as a try of those whose time as a suspect is over. */
  next(): Host[] {
    return this.#memory.order(this.#byShare());
  }

  /** Where a connection would rather be than where it is, as seen by a rebalancing; undefined = all is well. */
  betterFor(counts: ReadonlyMap<Host, number>): { readonly from: Host; readonly to: Host } | undefined {
    const good = this.hosts.filter((host) => !this.#memory.suspected(host));
    const taken = this.hosts.filter((host) => (counts.get(host) ?? 0) > 0);
    if (!this.spread) {
      const [to] = good;
      const from = taken.findLast((host) => host !== to);
      return to && from ? { from, to } : undefined;
    }
    const share = (host: Host, more: number): number => ((counts.get(host) ?? 0) + more) / (host.weight ?? 1);
    const [to] = good.toSorted((a, b) => share(a, 1) - share(b, 1));
    const from = taken.toSorted((a, b) => share(b, 0) - share(a, 0))[0];
    return to && from && share(from, 0) > share(to, 1) ? { from, to } : undefined;
  }

  #byShare(): readonly Host[] {
    if (!this.spread) return this.hosts;
    // What its share would be with one more (D'Hondt).
    const share = (host: Host): number => (this.#sites.load(host) + 1) / (host.weight ?? 1);
    return this.hosts.toSorted((a, b) => share(a) - share(b));
  }
}
