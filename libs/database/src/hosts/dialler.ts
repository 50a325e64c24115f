// One connect: from host to host and address to address, within one budget, until a session is what is wanted. The budget
// is shared among those that are left, so that a mute one does not eat it. How a session is opened is the connector's.
import type { Clock } from '@hydrogen/pool';
import type { Connection, StepContext } from '../connection/connection.js';
import { connectTimeout } from '../errors/connect-timeout.js';
import { hasCode } from '../errors/guards.js';
import type { Addresses } from './addresses.js';
import { describeHosts, type Host, type Site, type TargetSession } from './host.js';
import type { HostMemory } from './host-memory.js';
import type { HostOrder } from './host-order.js';
import { unfitFor } from './target-session.js';
import { Trail } from './trail.js';

export interface DiallerOptions {
  readonly database: string;
  readonly target: TargetSession;
  readonly order: HostOrder;
  readonly memory: HostMemory;
  readonly addresses: Addresses;
  readonly clock: Clock;
  /** A name was looked up. */
  readonly onAddresses: (name: string, addresses: readonly string[]) => void;
}

/** Opens a session there. It must not be the pool's concern before it is returned by `dial`. */
export type Open = (site: Site, context: StepContext) => Promise<Connection>;

export interface Dialled {
  readonly connection: Connection;
  readonly site: Site;
}

interface Way {
  readonly open: Open;
  readonly context: StepContext;
  readonly deadline: number;
  readonly trail: Trail;
}

export class Dialler {
  constructor(private readonly options: DiallerOptions) {}

  /** @throws DB_CONNECT_TIMEOUT, DB_AUTH_FAILED at once, else what each host said */
  async dial(open: Open, context: StepContext): Promise<Dialled> {
    const { database, target, clock, order } = this.options;
    const trail = new Trail(database, target);
    const way = { open, context, trail, deadline: clock.now() + context.budgetMs };
    const found =
      target === 'prefer-standby'
        ? ((await this.#hosts(way, 'standby', 1)) ?? (await this.#sites(way, trail.unfit, 'any', 0)))
        : await this.#hosts(way, target, 0);
    if (found) return found;
    if (context.signal.aborted) throw connectTimeout(database, describeHosts(order.hosts), context.budgetMs);
    throw trail.error();
  }

  /** @param spare attempts that may follow */
  async #hosts(
    way: Way,
    target: Exclude<TargetSession, 'prefer-standby'>,
    spare: number,
  ): Promise<Dialled | undefined> {
    const { memory, order } = this.options;
    const hosts = order.next();
    for (const [index, host] of hosts.entries()) {
      const sites = await this.#sitesOf(host, way);
      const found = await this.#sites(way, sites, target, hosts.length - index - 1 + spare);
      if (found) {
        memory.trust(host);
        return found;
      }
      if (way.context.signal.aborted) return undefined;
      memory.suspect(host);
    }
    return undefined;
  }

  async #sitesOf(host: Host, { context, trail }: Way): Promise<readonly Site[]> {
    const { addresses, memory, onAddresses } = this.options;
    try {
      const found = await addresses.of(host.name, context.signal);
      onAddresses(host.name, found);
      return memory.order(found.map((address): Site => ({ host, address })));
    } catch (error) {
      if (!context.signal.aborted) trail.unresolved(host, error);
      return [];
    }
  }

  async #sites(
    way: Way,
    sites: readonly Site[],
    target: Exclude<TargetSession, 'prefer-standby'>,
    after: number,
  ): Promise<Dialled | undefined> {
    const { clock, memory } = this.options;
    for (const [index, site] of sites.entries()) {
      const left = sites.length - index + after;
      const connection = await this.#try(way, site, target, (way.deadline - clock.now()) / left, left > 1);
      if (connection) {
        memory.trust(site);
        return { connection, site };
      }
      if (way.context.signal.aborted) return undefined;
      memory.suspect(site);
    }
    return undefined;
  }

  async #try(
    { open, context, trail }: Way,
    site: Site,
    target: Exclude<TargetSession, 'prefer-standby'>,
    budgetMs: number,
    shared: boolean,
  ): Promise<Connection | undefined> {
    const step = shared ? this.#share(context, budgetMs) : { context, over: () => false, end: () => {} };
    try {
      const connection = await open(site, step.context);
      const why = unfitFor(target, connection.info.role);
      if (why === undefined) return connection;
      trail.refused(site, why);
      // Its session counts at the server until it is gone.
      await connection.close(step.context);
    } catch (error) {
      // The wrong password is wrong everywhere, and each try of it may lock the role.
      if (hasCode(error, 'DB_AUTH_FAILED')) throw error;
      if (!context.signal.aborted && step.over()) trail.mute(site, budgetMs);
      else trail.failed(error);
    } finally {
      step.end();
    }
    return undefined;
  }

  /** A part of the step's time, that ends with the whole. */
  #share({ signal }: StepContext, budgetMs: number): { context: StepContext; over: () => boolean; end: () => void } {
    const own = new AbortController();
    const abort = (): void => own.abort(signal.reason);
    const timer = this.options.clock.setTimer(budgetMs, () => own.abort());
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    return {
      context: { budgetMs, signal: own.signal },
      over: () => own.signal.aborted,
      end: () => {
        timer.cancel();
        signal.removeEventListener('abort', abort);
      },
    };
  }
}
