// Brings the connections to where they would be if all hosts had always been there: one after the other, the new one first
// where there is room, and no further than it helps. What is lent stays until it comes back.
import type { Pool } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { HostOrder } from './host-order.js';
import type { OpenSites } from './open-sites.js';

/** @returns how many were replaced or will be when they come back */
export async function rebalance(pool: Pool<Connection>, order: HostOrder, sites: OpenSites): Promise<number> {
  const leaving = new Set<Connection>();
  let moved = 0;
  for (let most = sites.size; most > 0; most--) {
    const counts = new Map(order.hosts.map((host) => [host, sites.open(host, (each) => leaving.has(each))]));
    const move = order.betterFor(counts);
    if (move === undefined) break;
    const { total, max } = pool.stats();
    const openThere = sites.open(move.to);
    const left = await pool.replace((each) => sites.of(each)?.host === move.from && !leaving.has(each));
    if (left === undefined) break;
    leaving.add(left);
    // There was room, and what was opened went elsewhere: the better place does not take any. (Without room it is a lent one,
    // in whose place another will be opened.)
    if (sites.open(move.to) <= openThere && total < max) break;
    moved++;
  }
  return moved;
}
