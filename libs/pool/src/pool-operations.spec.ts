// Operations on a loaded pool: resize, pause, recycle, drain, close. Each is idempotent and none fails a call that it need not.
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, never, outcome } from '../test/pool-kit.js';
import { LeaseEndedError } from './errors/lease-ended.error.js';

describe('resize', () => {
  it('up serves those who wait', async () => {
    const { acquire, pool, seen } = makeKit({ max: 1 });
    await acquire();
    const waiting = acquire();
    pool.resize({ max: 2 });
    expect((await waiting).resource.id).toBe(2);
    expect(seen.named('resized')).toEqual([[0, 2]]);
  });

  it('down closes idle entries now and lent ones as they return', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 4 });
    const leases = await Promise.all([acquire(), acquire(), acquire(), acquire()]);
    await leases[3].release();
    pool.resize({ max: 2 });
    await clock.settle();
    expect(pool.stats()).toMatchObject({ total: 3, leased: 3, max: 2 });
    await leases[0].release();
    await leases[1].release();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ total: 2, leased: 1, idle: 1 });
    expect(manager.destroyed.map(({ reason }) => reason)).toEqual(['evicted', 'evicted']);
  });

  it('closes no more than it must', async () => {
    const { acquire, pool } = makeKit({ max: 4 });
    for (const lease of await Promise.all([acquire(), acquire(), acquire()])) await lease.release();
    pool.resize({ max: 3 });
    expect(pool.stats()).toMatchObject({ idle: 3, closing: 0 });
    pool.resize({ max: 2 });
    expect(pool.stats()).toMatchObject({ idle: 2, closing: 1 });
  });

  it('opens a raised min at once and refuses senseless limits', async () => {
    const { pool, clock } = makeKit({ max: 4 });
    pool.resize({ min: 3 });
    await clock.settle();
    expect(pool.stats().idle).toBe(3);
    expect(() => pool.resize({ max: 2 })).toThrow('min 3 is above max 2');
    expect(() => pool.resize({ max: 0 })).toThrow('max must be a whole number from 1');
  });
});

describe('pause', () => {
  it('lets everybody wait, each on his own deadline, and resume serves them', async () => {
    const { acquire, pool, clock, manager } = makeKit({ max: 2 });
    const held = await acquire();
    pool.pause();
    pool.pause();
    const short = failure(acquire({}, 100));
    const long = acquire({}, 10_000);
    await held.release();
    expect(pool.tryAcquire({ deadline: 1e9 })).toBeUndefined();
    await clock.advanceAsync(100);
    expect(await short).toMatchObject({ code: 'acquire-timeout', step: 'wait' });
    expect(await outcome(long, clock)).toBe('pending');
    expect(manager.made).toBe(1);
    pool.resume();
    pool.resume();
    expect((await long).resource.id).toBe(1);
  });
});

describe('recycle', () => {
  it('replaces idle entries now, lent ones on return, and those whose connect had begun before', async () => {
    const { acquire, pool, manager, clock } = makeKit({ min: 1, max: 3 });
    const [a, b] = [await acquire(), await acquire()];
    await a.release();
    const gate = deferred();
    manager.onCreate = () => gate.promise;
    pool.resize({ min: 3 });
    pool.recycle();
    gate.resolve();
    await clock.settle();
    await b.release();
    await clock.settle();
    expect(pool.stats().idle).toBe(3);
    expect(new Set(manager.destroyed.map(({ id }) => id))).toEqual(new Set([1, 2, 3]));
    expect(manager.destroyed.every(({ reason }) => reason === 'evicted')).toBe(true);
  });

  it('of some idle entries closes just those', async () => {
    const { acquire, pool, manager } = makeKit({ max: 3 });
    for (const lease of await Promise.all([acquire(), acquire(), acquire()])) await lease.release();
    expect(pool.evictIdle((thing) => thing.id === 2)).toBe(1);
    expect(manager.destroyed).toEqual([{ id: 2, reason: 'evicted' }]);
  });
});

describe('drain', () => {
  it('refuses new work, serves who waits, and settles when all is back', async () => {
    const { acquire, pool, clock, seen } = makeKit({ max: 1, min: 1, keepaliveMs: 100, leakThresholdMs: 100 });
    const held = await acquire();
    const queued = acquire();
    const drained = pool.drain(clock.now() + 1000);
    expect(await failure(acquire())).toMatchObject({ code: 'closing' });
    expect(pool.tryAcquire({ deadline: 1e9 })).toBeUndefined();
    await held.release();
    const served = await queued;
    expect(await outcome(drained, clock)).toBe('pending');
    await served.release();
    await drained;
    expect(pool.state).toBe('draining');
    expect(pool.stats().total).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    expect(seen.named('closed')).toEqual([['shutdown']]);
  });

  it('at its deadline refuses who still waits and takes what is still out', async () => {
    const { acquire, pool, manager, clock, seen } = makeKit({ max: 1 });
    const held = await acquire();
    const queued = failure(acquire({}, 60_000));
    const drained = pool.drain(clock.now() + 1000);
    await clock.advanceAsync(1000);
    expect(await queued).toMatchObject({ code: 'closing' });
    await drained;
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'shutdown' }]);
    expect(() => held.resource).toThrow(LeaseEndedError);
    await held.release();
    expect(seen.named('doubleRelease')).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends though connect, reset, validate and destroy all hang', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 4, keepaliveMs: 10, destroyTimeoutMs: 300 });
    const [a, b] = await Promise.all([acquire(), acquire(), acquire()]);
    manager.onReset = never;
    manager.onValidate = never;
    manager.onDestroy = never;
    manager.onCreate = never;
    const released = a.release();
    manager.onReset = () => undefined;
    await b.release();
    await clock.advanceAsync(60);
    const waiting = [acquire(), acquire()].map((waiter) => outcome(waiter, clock));
    pool.resize({ min: 4 });
    await Promise.all(waiting);
    expect(pool.stats()).toMatchObject({ connecting: 1, resetting: 1, reserved: 1, leased: 1 });
    const drained = pool.drain(clock.now() + 500);
    await clock.advanceAsync(800);
    expect(await outcome(released, clock)).toBe('fulfilled');
    expect(await outcome(drained, clock)).toBe('fulfilled');
    expect(pool.stats()).toMatchObject({ total: 0, waiting: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('can be brought forward, never put off', async () => {
    const { acquire, pool, clock } = makeKit({ max: 1 });
    await acquire();
    const first = pool.drain(10_000);
    const second = pool.drain(100);
    void pool.drain(50_000);
    await clock.advanceAsync(100);
    expect(await outcome(Promise.all([first, second]), clock)).toBe('fulfilled');
  });
});

describe('close', () => {
  it('is idempotent, ends closed, and refuses everything afterwards', async () => {
    const { acquire, pool, clock, seen } = makeKit({ min: 2, max: 2, keepaliveMs: 50 });
    await clock.settle();
    pool.pause();
    await Promise.all([pool.close(1000), pool.close(1000)]);
    await pool.close(1000);
    await pool.drain(1000);
    expect(pool.state).toBe('closed');
    pool.pause();
    pool.resume();
    pool.recycle();
    pool.resize({ min: 0, max: 9 });
    expect(await failure(acquire())).toMatchObject({ code: 'closed' });
    expect(await failure(pool.fill(100))).toMatchObject({ code: 'closed' });
    await clock.settle();
    expect(pool.stats().total).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    expect(seen.named('stateChanged')).toEqual([['paused'], ['draining'], ['closed']]);
  });

  it('of a pool that was never used settles at once', async () => {
    const { pool, clock, manager } = makeKit({ min: 2, max: 2 });
    await pool.close(clock.now());
    await clock.settle();
    expect(manager.made).toBe(0);
    expect(pool.state).toBe('closed');
  });
});
