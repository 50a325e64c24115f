// The end of a lease: once, clean, or not at all.
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, outcome } from '../test/pool-kit.js';
import { LeaseEndedError } from './errors/lease-ended.error.js';

describe('a lease', () => {
  it('ends once: the second release is a no-op that is reported once', async () => {
    const { acquire, pool, seen } = makeKit();
    const lease = await acquire({ stack: 'at service.ts:7' });
    await lease.release();
    await lease.release();
    await lease.release();
    await lease.discard('broken');
    expect(seen.named('doubleRelease')).toEqual([['at service.ts:7']]);
    expect(seen.named('released')).toHaveLength(1);
    expect(pool.stats().idle).toBe(1);
  });

  it('that has ended does not end the next borrower of the same resource', async () => {
    const { acquire, pool } = makeKit();
    const old = await acquire();
    await old.release();
    const next = await acquire();
    await old.release();
    expect(next.resource.id).toBe(1);
    expect(pool.stats().leased).toBe(1);
  });

  it('throws when its resource is used after the end', async () => {
    const { acquire } = makeKit();
    const lease = await acquire();
    await lease.release();
    expect(() => lease.resource).toThrow(LeaseEndedError);
  });

  it('is released by await using, also when the block throws or has released it already', async () => {
    const { acquire, pool, seen } = makeKit();
    const work = async (early: boolean): Promise<void> => {
      await using lease = await acquire();
      if (early) await lease.release();
      throw new Error('mine');
    };
    expect((await failure(work(false))).message).toBe('mine');
    expect((await failure(work(true))).message).toBe('mine');
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
    expect(seen.named('doubleRelease')).toEqual([]);
  });

  it('may be discarded with a reason; the slot is free when destroy has settled', async () => {
    const { acquire, pool, manager, clock, seen } = makeKit({ max: 1 });
    const gate = deferred();
    manager.onDestroy = () => gate.promise;
    const lease = await acquire();
    const next = acquire();
    await lease.discard('broken');
    await clock.settle();
    expect(pool.stats()).toMatchObject({ total: 1, closing: 1, connecting: 0, waiting: 1 });
    gate.resolve();
    expect((await next).resource.id).toBe(2);
    expect(seen.named('closed')).toEqual([['broken']]);
  });

  it('loses its slot no longer than destroyTimeoutMs, even if destroy hangs or throws', async () => {
    const { acquire, manager, clock } = makeKit({ max: 1, destroyTimeoutMs: 300 });
    manager.onDestroy = () => new Promise(() => undefined);
    await (await acquire()).discard('broken');
    const next = acquire();
    await clock.advanceAsync(299);
    expect(manager.made).toBe(1);
    await clock.advanceAsync(1);
    const lease = await next;
    manager.onDestroy = () => Promise.reject(new Error('cannot die'));
    await lease.discard('broken');
    expect((await acquire()).resource.id).toBe(3);
  });

  it('is closed after maxUses lends', async () => {
    const { acquire, manager } = makeKit({ max: 1, maxUses: 2 });
    for (let i = 0; i < 4; i++) await (await acquire()).release();
    expect(manager.destroyed).toEqual([
      { id: 1, reason: 'max-uses' },
      { id: 2, reason: 'max-uses' },
    ]);
  });
});

describe('reset at release', () => {
  it('that answers at once makes the entry idle in the same tick', async () => {
    const { acquire, pool } = makeKit();
    const lease = await acquire();
    void lease.release();
    expect(pool.stats().idle).toBe(1);
  });

  it('that takes time keeps the entry from everyone until it is clean', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 1 });
    const gate = deferred();
    manager.onReset = () => gate.promise;
    const released = (await acquire()).release();
    const next = acquire();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ resetting: 1, idle: 0, waiting: 1 });
    gate.resolve();
    await released;
    expect((await next).resource.id).toBe(1);
  });

  it.each([
    { how: 'says discard', reset: (): 'discard' => 'discard' },
    { how: 'says discard later', reset: async (): Promise<'discard'> => 'discard' },
    { how: 'rejects', reset: (): Promise<void> => Promise.reject(new Error('dirty')) },
    {
      how: 'throws',
      reset: (): undefined => {
        throw new Error('dirty');
      },
    },
  ])('that $how closes the entry', async ({ reset }) => {
    const { acquire, manager, clock } = makeKit({ max: 1 });
    manager.onReset = reset;
    await (await acquire()).release();
    await clock.settle();
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'reset-failed' }]);
  });

  it('that hangs is ended at resetTimeoutMs', async () => {
    const { acquire, manager, clock, seen } = makeKit({ max: 1, resetTimeoutMs: 200 });
    let signal: AbortSignal | undefined;
    manager.onReset = (_, context) => {
      signal = context().signal;
      return new Promise(() => undefined);
    };
    const released = (await acquire()).release();
    await clock.advanceAsync(199);
    expect(await outcome(released, clock)).toBe('pending');
    await clock.advanceAsync(1);
    expect(await outcome(released, clock)).toBe('fulfilled');
    expect(signal?.aborted).toBe(true);
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'reset-failed' }]);
    expect(seen.named('timedOut')).toEqual([['reset']]);
  });

  it('leaves no timer behind when it asked for a budget and needed none', async () => {
    const { acquire, manager, clock } = makeKit();
    manager.onReset = (_, context) => void context();
    await (await acquire()).release();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an observer that throws', () => {
  it('breaks nothing', async () => {
    const { acquire, pool, seen } = makeKit();
    for (const key of ['created', 'acquired', 'released', 'closed'] as const)
      seen[key] = () => {
        throw new Error('recorder down');
      };
    await (await acquire()).release();
    await (await acquire()).discard('broken');
    expect(pool.stats().leased).toBe(0);
  });
});
