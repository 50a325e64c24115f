// The one rule that says whether an entry may stay: asked when it is born, when it comes back, and after each proof.
// It only answers; closing is EntryCloser's.
import type { CloseReason } from './close-reason.js';
import type { PoolCore } from './pool-core.js';
import type { PoolEntry } from './pool-entry.js';

/** Why the entry must go now, or undefined. Age is asked last, for a yes takes from this second's budget of retirements. */
export function unfit<T extends object>(core: PoolCore<T>, entry: PoolEntry<T>, now: number): CloseReason | undefined {
  if (entry.lost !== undefined) return 'broken';
  if (core.state === 'draining' && core.queue.size === 0) return 'shutdown';
  if (entry.outdated || entry.generation !== core.generation || core.entries.alive > core.max) return 'evicted';
  if (core.options.maxUses > 0 && entry.uses >= core.options.maxUses) return 'max-uses';
  if (now >= entry.retireAt && core.retirements.take(now, core.max)) return 'max-lifetime';
  return undefined;
}

/** Something that is open, or being opened, may yet serve a borrower. O(entries): asked only while the far side refuses us. */
export function servable<T extends object>({ entries, generation }: PoolCore<T>): boolean {
  if (entries.counts.connecting > 0) return true;
  return entries
    .all()
    .some(
      (entry) =>
        entry.state !== 'closing' &&
        entry.lost === undefined &&
        entry.generation === generation &&
        entry.loan?.kept !== true,
    );
}

/** May be lent without a proof of life. */
export function fresh<T extends object>(core: PoolCore<T>, entry: PoolEntry<T>, now: number): boolean {
  const limit = core.options.validateAfterIdleMs;
  return limit === 0 || (entry.provenUnder === core.suspicion && now - entry.provenAt <= limit);
}

/** Until when an idle entry may be left alone, unless the pool is at `min`. */
export function restDue<T extends object>(core: PoolCore<T>, entry: PoolEntry<T>): number {
  return Math.min(entry.retireAt, entry.lastUsedAt + core.idleMs, entry.provenAt + core.keepaliveMs);
}

/** The entry is known to live at this instant. */
export function proven<T extends object>(core: PoolCore<T>, entry: PoolEntry<T>, now: number): void {
  entry.provenAt = now;
  core.provenAt = now;
  entry.provenUnder = core.suspicion;
}
