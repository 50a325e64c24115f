// Standing leases: resources in shared use, which the pool asks back when it must and never takes before its end.
import { describe, expect, it, jest } from '@jest/globals';
import { deferred, makeKit, never, outcome, type Kit } from '../test/pool-kit.js';

/** How many of two standing leases are asked back by `act`. */
async function wanted(act: (kit: Kit) => unknown): Promise<number> {
  const kit = makeKit({ max: 2, maxLifetimeMs: 60_000 });
  const onWanted = jest.fn();
  await kit.acquire({ onWanted });
  await kit.acquire({ onWanted });
  await act(kit);
  await kit.clock.settle();
  return onWanted.mock.calls.length;
}

describe('a standing lease', () => {
  it('is asked back once when somebody waits and the pool may not grow', async () => {
    const { acquire, clock } = makeKit({ max: 2 });
    const onWanted = jest.fn();
    const standing = await acquire({ onWanted });
    await acquire();
    expect(standing).toMatchObject({ standing: true, wanted: false });
    const waiting = acquire();
    const another = outcome(acquire({}, 100), clock);
    await clock.settle();
    expect(onWanted).toHaveBeenCalledTimes(1);
    expect(standing.wanted).toBe(true);
    await standing.release();
    expect((await waiting).resource.id).toBe(1);
    await clock.advanceAsync(100);
    await another;
    expect(onWanted).toHaveBeenCalledTimes(1);
  });

  it('is spared while another that was asked back is still to come', async () => {
    const { acquire, pool, clock } = makeKit({ max: 2 });
    const onWanted = jest.fn();
    await acquire({ onWanted });
    await acquire({ onWanted });
    const waiting = outcome(acquire(), clock);
    pool.resize({ max: 2 });
    expect(await waiting).toBe('pending');
    expect(onWanted).toHaveBeenCalledTimes(1);
  });

  it('stays while the pool may still grow or something is on its way back', async () => {
    const { acquire, manager, clock } = makeKit({ max: 2 });
    const onWanted = jest.fn();
    await acquire({ onWanted });
    const lease = await acquire();
    const gate = deferred();
    manager.onReset = () => gate.promise;
    void lease.release();
    const waiting = acquire();
    await clock.settle();
    gate.resolve();
    await waiting;
    expect(onWanted).not.toHaveBeenCalled();
  });

  it('is not evicted by a waiter for a standing lease', async () => {
    const { acquire, clock } = makeKit({ max: 1 });
    const onWanted = jest.fn();
    await acquire({ onWanted });
    const waiting = outcome(acquire({ onWanted: () => undefined }, 1000), clock);
    await clock.advanceAsync(1000);
    expect(await waiting).toBe('pending');
    expect(onWanted).not.toHaveBeenCalled();
  });

  it('granted while others wait is asked back after its holder has it in hand', async () => {
    const { acquire } = makeKit({ max: 1 });
    const held = await acquire();
    const order: string[] = [];
    const sharer = acquire({ onWanted: () => order.push('wanted') }).then((lease) => {
      order.push('granted');
      return lease;
    });
    const waiting = acquire();
    await held.release();
    const standing = await sharer;
    expect(order).toEqual(['granted', 'wanted']);
    await standing.release();
    await waiting;
  });

  it('is asked back by recycle, by age, by a shrink, by a pause, by a drain and by its own death', async () => {
    expect(await wanted((kit) => kit.pool.recycle())).toBe(2);
    expect(await wanted((kit) => kit.clock.advanceAsync(60_000))).toBe(2);
    expect(await wanted((kit) => kit.pool.resize({ max: 1 }))).toBe(1);
    expect(await wanted((kit) => void kit.pool.drain(1e6))).toBe(2);
    expect(await wanted((kit) => kit.pool.pause())).toBe(2);
    expect(await wanted((kit) => [...kit.manager.live][0]?.lost(new Error('gone')))).toBe(1);
  });

  it('is asked back when the server refuses new connections to those who wait', async () => {
    const { acquire, manager, clock } = makeKit({ max: 2 });
    const onWanted = jest.fn();
    const standing = await acquire({ onWanted });
    manager.onCreate = () => Promise.reject(new Error('too many clients'));
    const waiting = acquire();
    await clock.settle();
    expect(onWanted).toHaveBeenCalledTimes(1);
    await standing.release();
    expect((await waiting).resource.id).toBe(1);
  });

  it.each([2, 3, 10])('is asked back when new connections hang, in a pool of %d', async (max) => {
    const { acquire, manager, clock } = makeKit({ max });
    const onWanted = jest.fn();
    const standing = await acquire({ onWanted });
    await acquire({ onWanted });
    manager.onCreate = never;
    const waiting = acquire({}, 1000);
    await clock.advanceAsync(max === 2 ? 0 : 499);
    expect(onWanted).toHaveBeenCalledTimes(max === 2 ? 1 : 0);
    await clock.advanceAsync(1);
    expect(onWanted).toHaveBeenCalledTimes(1);
    await standing.release();
    expect((await waiting).resource.id).toBe(1);
  });

  it('whose callback throws is reported and stays lent', async () => {
    const { acquire, clock, seen, pool } = makeKit({ max: 1 });
    const broken = new Error('callback');
    await acquire({
      onWanted: () => {
        throw broken;
      },
    });
    const waiting = outcome(acquire(), clock);
    expect(await waiting).toBe('pending');
    expect(seen.named('callbackFailed')).toEqual([[broken]]);
    expect(pool.stats().leased).toBe(1);
  });
});
