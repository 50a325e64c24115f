// The hosts of one database, put together: who is connected where, who is tried next, and what follows when a name has
// moved or a server has been demoted. Assembly only.
import type { Clock, Pool } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { Connector } from '../connection/connector.js';
import { Addresses, type HostLookup } from './addresses.js';
import { Dialler } from './dialler.js';
import { DnsWatch } from './dns-watch.js';
import type { Host, Site, TargetSession } from './host.js';
import { HostMemory } from './host-memory.js';
import { HostOrder } from './host-order.js';
import { HostsConnector } from './hosts-connector.js';
import { Listings } from './listings.js';
import { OpenSites } from './open-sites.js';
import { rebalance } from './rebalance.js';

export interface DatabaseHostsOptions {
  readonly database: string;
  readonly hosts: readonly Host[];
  readonly target: TargetSession;
  readonly dnsRecheckMs: number;
  readonly clock: Clock;
  readonly lookup?: HostLookup;
  readonly warn: (message: string) => void;
  /** Replaces the connections: idle ones now, lent ones as they come back. */
  readonly recycle: (which: (connection: Connection) => boolean) => void;
}

/** One host as it stands. */
export interface HostStats {
  readonly host: string;
  readonly port: number;
  readonly weight?: number;
  /** Connections there. */
  readonly open: number;
  /** Addresses they live at. */
  readonly addresses: readonly string[];
  /** It failed, or was not what TargetSession asks for, a short while ago: tried last. */
  readonly suspected: boolean;
}

const LOOK_MS = 10_000;

export class DatabaseHosts {
  readonly #options: DatabaseHostsOptions;
  readonly #sites = new OpenSites();
  readonly #memory: HostMemory;
  /** Where everybody was told to leave: who comes a moment later and can write is no news. */
  readonly #demotions: HostMemory;
  readonly #order: HostOrder;
  readonly #dialler: Dialler;
  readonly #watch: DnsWatch;
  /** Said to have moved. A lease may keep them open for long, and each look finds them again. */
  readonly #left = new WeakSet<object>();
  #rebalancing: Promise<number> | undefined;

  constructor(options: DatabaseHostsOptions) {
    const { database, hosts, target, clock, dnsRecheckMs: everyMs } = options;
    this.#options = options;
    const sites = this.#sites;
    const addresses = new Addresses(options.lookup);
    const listings = new Listings(clock, everyMs || LOOK_MS);
    this.#demotions = new HostMemory(clock);
    const memory = (this.#memory = new HostMemory(clock));
    const order = (this.#order = new HostOrder(hosts, sites, memory));
    const onAddresses = (name: string, found: readonly string[]): void => listings.note(name, found);
    this.#dialler = new Dialler({ database, target, order, memory, addresses, clock, onAddresses });
    const onMoved = (moved: ReadonlySet<object>): void => this.#moved(moved);
    this.#watch = new DnsWatch({ clock, everyMs, addresses, listings, sites, onMoved });
  }

  /** The same connector, going where a connection is to be opened next. */
  over(connector: Connector): Connector {
    return new HostsConnector(connector, this.#dialler, this.#sites, () => this.#watch.opened());
  }

  /** The server it lives on answers writes by 25006: nobody stays there, and names are looked up at once. */
  demoted(connection: Connection): void {
    const site = this.#sites.of(connection);
    if (site === undefined || this.#demotions.suspected(site)) return;
    const { database, warn, recycle } = this.#options;
    warn(`${database}: ${connection.info.address} has become read-only; its connections are given up`);
    this.#demotions.suspect(site);
    this.#memory.suspect(site);
    this.#memory.suspect(site.host);
    recycle((each) => sameSite(this.#sites.of(each), site));
    void this.#watch.look();
  }

  /** Nobody else lives where the connection does. */
  alone(connection: Connection): boolean {
    const site = this.#sites.of(connection);
    return (
      site !== undefined &&
      ![...this.#sites.all()].some(([each, other]) => each !== connection && sameSite(other, site))
    );
  }

  /** One at a time, whoever asks. */
  rebalance(pool: Pool<Connection>): Promise<number> {
    this.#memory.forget();
    return (this.#rebalancing ??= rebalance(pool, this.#order, this.#sites).finally(() => {
      this.#rebalancing = undefined;
    }));
  }

  stats(): HostStats[] {
    return this.#order.hosts.map((host): HostStats => {
      const { name, port, weight } = host;
      const addresses = [...this.#sites.all().values()]
        .filter((site) => site.host === host)
        .map((site) => site.address);
      return {
        host: name,
        port,
        ...(weight === undefined ? {} : { weight }),
        open: addresses.length,
        addresses: [...new Set(addresses)],
        suspected: this.#memory.suspected(host),
      };
    });
  }

  /** Addresses that connections live at, as their sockets have them. */
  where(): string[] {
    return [...new Set([...this.#sites.all().keys()].map(({ info }) => info.address))];
  }

  close(): void {
    this.#watch.close();
  }

  #moved(moved: ReadonlySet<object>): void {
    const { database, warn, recycle } = this.#options;
    const news = [...moved].filter((each) => !this.#left.has(each));
    const names = new Set(news.map((each) => this.#sites.of(each)?.host.name));
    for (const each of news) this.#left.add(each);
    if (news.length > 0) {
      warn(
        `${database}: ${[...names].join(', ')} has moved; ${news.length} connections at its old address are given up`,
      );
    }
    // Those of which it was said before, too: one that was fresh from its connect then was not in the pool yet.
    recycle((each) => moved.has(each));
  }
}

const sameSite = (a: Site | undefined, b: Site): boolean => a?.host === b.host && a.address === b.address;
