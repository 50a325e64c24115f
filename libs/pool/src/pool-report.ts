// Reads the pool for others: figures, holders, and the error of a wait that ran out of time. It changes nothing.
import { AcquireTimeoutError } from './errors/acquire-timeout.error.js';
import type { PoolCore } from './pool-core.js';
import type { EntryInfo, HolderInfo, PoolStats } from './pool-stats.js';

const HOLDERS_IN_ERROR = 5;

export function statsOf<T extends object>(core: PoolCore<T>): PoolStats {
  const { entries, queue, min, max, ceiling, leaked, reclaimed } = core;
  const { connecting, idle, leased, resetting, reserved, closing } = entries.counts;
  const { total, standing } = entries;
  return {
    max,
    ceiling,
    min,
    total,
    connecting,
    idle,
    leased,
    standing,
    resetting,
    reserved,
    closing,
    waiting: queue.size,
    leaked,
    reclaimed,
  };
}

export function holdersOf<T extends object>(core: PoolCore<T>, limit = Infinity): HolderInfo[] {
  const now = core.clock.now();
  const holders: HolderInfo[] = [];
  for (const { loan, place } of core.entries.leased) {
    if (holders.length >= limit) break;
    if (loan === undefined || loan.standing) continue;
    const { lane, owner } = loan.options;
    holders.push({ heldMs: now - loan.acquiredAt, stack: loan.stack, lane, owner, place });
  }
  return holders;
}

export function entriesOf<T extends object>({ clock, entries }: PoolCore<T>): EntryInfo<T>[] {
  const now = clock.now();
  return entries.all().map((entry): EntryInfo<T> => {
    const { id, state, made: resource, place, uses, loan } = entry;
    const idleMs = loan === undefined ? now - entry.lastUsedAt : 0;
    const { lane, owner } = loan?.options ?? {};
    const holder = loan && { heldMs: now - loan.acquiredAt, stack: loan.stack, lane, owner, place };
    const standing = loan?.standing === true;
    return { id, state, resource, place, ageMs: now - entry.bornAt, uses, idleMs, standing, holder };
  });
}

/** The step is `connect` when one more could have been opened in time, else the wait was for others' leases. */
export function waitedFor<T extends object>({ entries, ceiling, state }: PoolCore<T>): 'wait' | 'connect' {
  const growing = entries.total < ceiling || entries.counts.connecting > 0;
  return growing && state !== 'paused' ? 'connect' : 'wait';
}

export function acquireTimeout<T extends object>(
  core: PoolCore<T>,
  since: number,
  step: 'wait' | 'connect',
): AcquireTimeoutError {
  return new AcquireTimeoutError({
    pool: core.options.name,
    waitedMs: core.clock.now() - since,
    step,
    stats: statsOf(core),
    holders: holdersOf(core, HOLDERS_IN_ERROR),
    cause: core.lastConnectError,
  });
}
