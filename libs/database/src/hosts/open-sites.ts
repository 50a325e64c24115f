// Where each open connection of a database lives, and how many there are at each host. It knows by being told.
import type { Connection } from '../connection/connection.js';
import type { Host, Site } from './host.js';

export class OpenSites {
  readonly #sites = new Map<Connection, Site>();
  readonly #dialling = new Map<Host, number>();

  get size(): number {
    return this.#sites.size;
  }

  opened(connection: Connection, site: Site): void {
    this.#sites.set(connection, site);
  }

  closed(connection: Connection): void {
    this.#sites.delete(connection);
  }

  /** A connect to the host begins (1) or has ended (-1). */
  dialling(host: Host, by: 1 | -1): void {
    this.#dialling.set(host, (this.#dialling.get(host) ?? 0) + by);
  }

  of(connection: object): Site | undefined {
    return this.#sites.get(connection as Connection);
  }

  all(): ReadonlyMap<Connection, Site> {
    return this.#sites;
  }

  /** Connections at the host, without those for which `except` is true. */
  open(host: Host, except?: (connection: Connection) => boolean): number {
    let count = 0;
    for (const [connection, site] of this.#sites) if (site.host === host && except?.(connection) !== true) count++;
    return count;
  }

  /** Open ones and those being opened. */
  load(host: Host): number {
    return this.open(host) + (this.#dialling.get(host) ?? 0);
  }
}
