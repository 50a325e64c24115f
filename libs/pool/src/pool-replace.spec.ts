// Entries that somebody wants out: all that fit, or one by one with another in its place before it goes.
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, outcome } from '../test/pool-kit.js';

describe('recycle with a condition', () => {
  it('closes the idle ones that fit now, the lent ones when they come back, and leaves the others', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 4 });
    const leases = await Promise.all([acquire(), acquire(), acquire(), acquire()]);
    await leases[0].release();
    await leases[1].release();
    pool.recycle(({ id }) => id !== 2 && id !== 4);
    await clock.settle();
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'evicted' }]);
    await leases[2].release();
    await leases[3].release();
    await clock.settle();
    expect(manager.destroyed.map(({ id }) => id)).toEqual([1, 3]);
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2 });
  });

  it('asks a standing lease back', async () => {
    const { acquire, pool, clock } = makeKit({ max: 1 });
    let wanted = 0;
    await acquire({ onWanted: () => void wanted++ });
    pool.recycle(() => true);
    await clock.settle();
    expect(wanted).toBe(1);
  });
});

describe('replace', () => {
  it('opens another before the one goes, so that there are never fewer', async () => {
    const { pool, manager, clock } = makeKit({ min: 2, max: 3 });
    await clock.settle();
    const gate = deferred();
    manager.onCreate = () => gate.promise;
    const replaced = pool.replace(({ id }) => id === 1);
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, connecting: 1, total: 3 });
    gate.resolve();
    expect(await replaced).toMatchObject({ id: 1 });
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2 });
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'evicted' }]);
  });

  it('at max lets the one go first, for max is never exceeded', async () => {
    const { pool, manager, clock, seen } = makeKit({ min: 2, max: 2 });
    await clock.settle();
    expect(await pool.replace(({ id }) => id === 2)).toMatchObject({ id: 2 });
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2 });
    expect(manager.live.size).toBe(2);
    expect(seen.named('closed')).toEqual([['evicted']]);
  });

  it('leaves all as it is when no other can be opened in the time of a connect', async () => {
    const { pool, manager, clock } = makeKit({ min: 1, max: 2, connectTimeoutMs: 100 });
    await clock.settle();
    manager.onCreate = () => Promise.reject(new Error('refused'));
    const replaced = pool.replace(() => true);
    await clock.advanceAsync(100);
    expect(await replaced).toBeUndefined();
    expect(manager.destroyed).toEqual([]);
    manager.onCreate = async () => undefined;
    await clock.advanceAsync(10_000);
    expect(pool.stats()).toMatchObject({ idle: 1, total: 1 });
  });

  it('takes a lent one only where no idle one fits, and that when it comes back', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 3 });
    const [lease, other] = [await acquire(), await acquire()];
    await other.release();
    expect(await pool.replace(() => true)).toMatchObject({ id: 2 });
    expect(await pool.replace(({ id }) => id === 1)).toMatchObject({ id: 1 });
    expect(await pool.replace(({ id }) => id === 1)).toBeUndefined();
    await lease.release();
    await clock.settle();
    expect(manager.destroyed.map(({ id }) => id)).toEqual([2, 1]);
  });

  it('goes one after the other, and is nothing to a pool that closes', async () => {
    const { pool, clock } = makeKit({ min: 3, max: 4 });
    await clock.settle();
    const all = Promise.all([1, 2, 3].map((id) => pool.replace((thing) => thing.id === id)));
    expect((await all).map((thing) => thing?.id)).toEqual([1, 2, 3]);
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 3, total: 3 });
    const late = pool.replace(() => true);
    await pool.close(clock.now());
    expect(await outcome(late, clock)).not.toBe('pending');
    expect(await pool.replace(() => true)).toBeUndefined();
    expect(await failure(pool.fill(clock.now()))).toMatchObject({ code: 'closed' });
    expect(clock.pendingTimers).toBe(0);
  });
});
