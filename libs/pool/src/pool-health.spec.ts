// Dead resources: found before a lend, by keepalive, or by their own word; and replaced without a request.
import { describe, expect, it } from '@jest/globals';
import { deferred, makeKit, outcome } from '../test/pool-kit.js';

const dead = new Error('connection reset');

describe('validation before a lend', () => {
  it('is skipped for what was used a moment ago and done after a long rest', async () => {
    const { acquire, pool, manager, clock } = makeKit({ validateAfterIdleMs: 1000 });
    for (let i = 0; i < 20; i++) {
      await (await acquire()).release();
      await clock.advanceAsync(900);
    }
    expect(manager.validated).toEqual([]);
    await clock.advanceAsync(200);
    expect(pool.tryAcquire({ deadline: 1e9 })).toBeUndefined();
    expect((await acquire()).resource.id).toBe(1);
    expect(manager.validated).toEqual([1]);
  });

  it('that fails discards the entry and goes on to the next', async () => {
    const { acquire, manager, clock } = makeKit({ validateAfterIdleMs: 1000 });
    const [a, b] = [await acquire(), await acquire()];
    await a.release();
    await b.release();
    await clock.advanceAsync(2000);
    manager.onValidate = (thing) => (thing.id === 2 ? Promise.reject(dead) : Promise.resolve());
    expect((await acquire()).resource.id).toBe(1);
    expect(manager.destroyed).toEqual([{ id: 2, reason: 'broken' }]);
  });

  it('that hangs ends at validationTimeoutMs, and one failure makes all idle entries prove themselves', async () => {
    const { acquire, pool, manager, clock, seen } = makeKit({
      max: 5,
      validateAfterIdleMs: 1000,
      validationTimeoutMs: 300,
    });
    for (const lease of await Promise.all([acquire(), acquire(), acquire(), acquire()])) await lease.release();
    await clock.advanceAsync(2000);
    manager.onValidate = () => new Promise(() => undefined);
    const waiting = acquire();
    await clock.advanceAsync(300);
    expect(seen.named('timedOut')).toEqual([['validate']]);
    expect(manager.validated).toHaveLength(4);
    await clock.advanceAsync(300);
    expect(await outcome(waiting, clock)).toBe('fulfilled');
    expect(pool.stats()).toMatchObject({ total: 1, leased: 1 });
  });

  it('belongs to no waiter: cancelled meanwhile, the entry is idle again', async () => {
    const { acquire, pool, manager, clock } = makeKit({ validateAfterIdleMs: 1000 });
    await (await acquire()).release();
    await clock.advanceAsync(2000);
    const gate = deferred();
    manager.onValidate = () => gate.promise;
    const controller = new AbortController();
    const cancelled = outcome(acquire({ signal: controller.signal }), clock);
    expect(pool.stats()).toMatchObject({ reserved: 1, idle: 0 });
    controller.abort();
    expect(await cancelled).toMatchObject({ code: 'aborted' });
    gate.resolve();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ reserved: 0, idle: 1 });
  });
});

describe('keepalive', () => {
  it('proves idle entries on the way without making them hot or young', async () => {
    const { acquire, pool, manager, clock } = makeKit({ keepaliveMs: 1000, idleTimeoutMs: 2500 });
    const [a, b] = [await acquire(), await acquire()];
    await a.release();
    await clock.advanceAsync(100);
    await b.release();
    await clock.advanceAsync(950);
    expect(manager.validated).toEqual([1]);
    const hot = await acquire();
    expect(hot.resource.id).toBe(2);
    await clock.advanceAsync(1500);
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'idle-timeout' }]);
    expect(pool.stats().total).toBe(1);
  });

  it('finds a silent death within keepaliveMs and validationTimeoutMs, and lends it to nobody meanwhile', async () => {
    const { pool, manager, clock } = makeKit({ min: 1, max: 1, keepaliveMs: 1000, validationTimeoutMs: 200 });
    await clock.settle();
    manager.onValidate = () => new Promise(() => undefined);
    await clock.advanceAsync(1000);
    expect(pool.stats()).toMatchObject({ reserved: 1 });
    expect(pool.tryAcquire({ deadline: 1e9 })).toBeUndefined();
    await clock.advanceAsync(200);
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'broken' }]);
    expect(pool.stats()).toMatchObject({ idle: 1, total: 1 });
  });
});

describe('a resource that reports its death', () => {
  it('while idle leaves at once, and min is refilled without a request', async () => {
    const { pool, manager, clock } = makeKit({ min: 2, max: 2 });
    await clock.settle();
    const [victim] = manager.live;
    victim?.lost(dead);
    victim?.lost(dead);
    expect(pool.stats()).toMatchObject({ idle: 1, closing: 1 });
    await clock.advanceAsync(1000);
    expect(pool.stats()).toMatchObject({ idle: 2, total: 2 });
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'broken' }]);
  });

  it('while lent is discarded at its return and never lent again', async () => {
    const { acquire, pool, manager } = makeKit({ max: 1 });
    const lease = await acquire();
    lease.resource.lost(dead);
    expect(pool.stats()).toMatchObject({ leased: 1 });
    const next = acquire();
    await lease.release();
    expect((await next).resource.id).toBe(2);
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'broken' }]);
  });

  it('while it is proved or cleaned ends that step now, not at its timeout', async () => {
    const { acquire, manager, clock } = makeKit({ max: 1, validateAfterIdleMs: 100 });
    manager.onReset = () => new Promise(() => undefined);
    const lease = await acquire();
    const { resource } = lease;
    const released = lease.release();
    resource.lost(dead);
    expect(await outcome(released, clock)).toBe('fulfilled');
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'broken' }]);
    manager.onReset = () => undefined;
    const second = await acquire();
    await second.release();
    await clock.advanceAsync(200);
    manager.onValidate = async (thing) => {
      thing.lost(dead);
      await new Promise(() => undefined);
    };
    expect(await outcome(acquire(), clock)).toBe('fulfilled');
    expect(manager.destroyed[1]).toEqual({ id: 2, reason: 'broken' });
  });

  it('makes its idle neighbours prove themselves before anyone gets them', async () => {
    const { acquire, manager, clock, pool } = makeKit({ max: 3, validateAfterIdleMs: 60_000 });
    const leases = await Promise.all([acquire(), acquire(), acquire()]);
    const victim = leases[0].resource;
    await leases[1].release();
    await leases[2].release();
    victim.lost(dead);
    expect(pool.stats()).toMatchObject({ reserved: 2, idle: 0 });
    await clock.settle();
    expect(manager.validated).toEqual([2, 3]);
    expect(pool.stats()).toMatchObject({ reserved: 0, idle: 2 });
    expect(pool.tryAcquire({ deadline: 1e9 })).toBeDefined();
  });

  it('told by its holder, who gives it back as broken, makes them prove themselves as well, once', async () => {
    const { acquire, manager, clock, pool } = makeKit({ max: 3, validateAfterIdleMs: 60_000 });
    const leases = await Promise.all([acquire(), acquire(), acquire()]);
    const victim = leases[0].resource;
    await leases[1].release();
    await leases[2].release();
    void leases[0].discard('broken');
    expect(pool.stats()).toMatchObject({ reserved: 2, idle: 0 });
    victim.lost(dead);
    await clock.settle();
    expect(manager.validated).toEqual([2, 3]);
    expect(pool.stats()).toMatchObject({ reserved: 0, idle: 2 });
  });
});
