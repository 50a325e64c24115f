// Where entries stand, and where the next one should: a wish of borrowers, granted as far as it costs nobody a wait.
// Asked only where a wish was not met, so it may walk the entries.
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';

export function placeOf<T extends object>(core: PoolCore<T>, resource: T): string | undefined {
  try {
    return core.manager.placeOf?.(resource);
  } catch {
    return undefined;
  }
}

/** How many are being opened, by the place that was wished for them. */
export function coming<T extends object>(core: PoolCore<T>): Map<string | undefined, number> {
  const places = new Map<string | undefined, number>();
  if (core.entries.counts.connecting === 0) return places;
  for (const { state, place, overdue } of core.entries.all())
    if (state === 'connecting' && !overdue) places.set(place, (places.get(place) ?? 0) + 1);
  return places;
}

/** The wish of the first waiter for whom nothing is on its way. */
export function unservedPlace<T extends object>(core: PoolCore<T>): string | undefined {
  const places = coming(core);
  let returning = core.entries.returning;
  for (let waiter = core.queue.first; waiter !== undefined; waiter = waiter.next) {
    const { place } = waiter.options;
    const own = places.get(place) ?? 0;
    if (own > 0) places.set(place, own - 1);
    else if (returning > 0 && (place === undefined || core.hoping === 0)) returning--;
    else return place;
  }
  return undefined;
}

/**
 * True for an entry that stood in for a place where there is none, while its own place has others: it makes room, so that the next
 * one may be opened there. Never the only one of its place, or two kinds of borrowers would close it for each other by turns.
 */
export function crowding<T extends object>(core: PoolCore<T>, entry: PoolEntry<T>): boolean {
  const wanted = entry.misplacedFor;
  entry.misplacedFor = undefined;
  let others = 0;
  for (const { state, place } of core.entries.all()) {
    if (state === 'closing' || state === 'closed') continue;
    if (place === wanted) return false;
    if (place === entry.place) others++;
  }
  return others > 1;
}
