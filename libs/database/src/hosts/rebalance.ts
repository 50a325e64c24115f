// Brings the connections to where they would be if all hosts had always been there: one after the other, the new one first
// where there is room, and no further than it helps. What is lent stays until it comes back.
import type { Pool } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { Host } from './host.js';
import type { HostOrder } from './host-order.js';
import type { OpenSites } from './open-sites.js';

/** @returns how many were replaced or will be when they come back */
export async function rebalance(pool: Pool<Connection>, order: HostOrder, sites: OpenSites): Promise<number> {
  const leaving = new Set<Connection>();
  const counts = (): Map<Host, number> =>
    new Map(order.hosts.map((host) => [host, sites.open(host, (connection) => leaving.has(connection))]));
  for (let most = sites.size; most > 0; most--) {
    const before = counts();
    const move = order.betterFor(before);
    if (move === undefined) break;
    const there = (connection: Connection): boolean =>
      sites.of(connection)?.host === move.from && !leaving.has(connection);
    const left = await pool.replace(there);
    if (left === undefined) break;
    leaving.add(left);
    // What was opened went elsewhere: the better place does not take any.
    if (sites.open(move.to) <= (before.get(move.to) ?? 0) && pool.stats().leased === 0) break;
  }
  return leaving.size;
}
