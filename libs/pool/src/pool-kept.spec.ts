// Kept leases: held for good by design, so that nobody is told of a leak, and their holder is told of a death, and of the wish
// that their resource be replaced.
import { describe, expect, it, jest } from '@jest/globals';
import { makeKit, type Kit } from '../test/pool-kit.js';

describe('a kept lease', () => {
  it('is no leak; another beside it is', async () => {
    const { acquire, clock, seen } = makeKit({ max: 2, leakThresholdMs: 100 });
    await acquire({ onLost: () => {} });
    await clock.advanceAsync(500);
    expect(seen.named('leaked')).toEqual([]);
    await acquire({ stack: 'other' });
    await clock.advanceAsync(100);
    expect(seen.named('leaked')).toEqual([[100, 'other']]);
  });

  it('hears once that its resource is lost, in a later turn, and is a holder like any other', async () => {
    const { acquire, clock, pool } = makeKit({ max: 1 });
    const onLost = jest.fn();
    const lease = await acquire({ onLost });
    expect(pool.holders()).toHaveLength(1);
    const dead = new Error('dead');
    lease.resource.lost(dead);
    lease.resource.lost(new Error('again'));
    expect(onLost).not.toHaveBeenCalled();
    await clock.settle();
    expect(onLost.mock.calls).toEqual([[dead]]);
    await lease.discard('broken');
    expect(pool.stats()).toMatchObject({ leased: 0 });
  });

  it('that was given back hears nothing, and a holder that throws disturbs nobody', async () => {
    const { acquire, clock, seen } = makeKit({ max: 2 });
    const onLost = jest.fn();
    const first = await acquire({ onLost });
    const { resource } = first;
    resource.lost(new Error('dead'));
    await first.release();
    await clock.settle();
    expect(onLost).not.toHaveBeenCalled();
    const mine = new Error('mine');
    const second = await acquire({
      onLost: () => {
        throw mine;
      },
    });
    second.resource.lost(new Error('dead'));
    await clock.settle();
    expect(seen.named('callbackFailed')).toEqual([[mine]]);
  });

  it.each<[string, (pool: Kit['pool']) => unknown]>([
    ['recycle', (pool) => pool.recycle()],
    ['recycle with a condition', (pool) => pool.recycle(({ id }) => id === 1)],
    ['replace', (pool) => pool.replace(({ id }) => id === 1)],
  ])('hears once that its resource is to be replaced, by %s, and keeps it until then', async (_name, act) => {
    const { acquire, clock, pool, manager } = makeKit({ max: 3 });
    const onOutdated = jest.fn();
    const lease = await acquire({ onLost: () => {}, onOutdated });
    void act(pool);
    expect(onOutdated).not.toHaveBeenCalled();
    await clock.settle();
    pool.recycle(() => true);
    pool.recycle();
    await clock.settle();
    expect(onOutdated).toHaveBeenCalledTimes(1);
    expect([lease.wanted, lease.resource.id]).toEqual([false, 1]);
    await lease.release();
    await clock.settle();
    expect(manager.destroyed).toContainEqual({ id: 1, reason: 'evicted' });
  });

  it('hears nothing of what is done to others, nor after its end', async () => {
    const { acquire, clock, pool } = makeKit({ max: 2 });
    const onOutdated = jest.fn();
    const lease = await acquire({ onOutdated });
    pool.recycle(({ id }) => id !== 1);
    pool.pause();
    pool.resize({ max: 1 });
    await clock.settle();
    pool.recycle();
    await lease.release();
    await clock.settle();
    expect(onOutdated).not.toHaveBeenCalled();
  });
});
