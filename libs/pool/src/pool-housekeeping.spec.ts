// What happens by time alone: idle timeout, lifetimes, leaks; and that nothing happens where nothing is to do.
import { describe, expect, it } from '@jest/globals';
import { makeKit } from '../test/pool-kit.js';

describe('idle timeout', () => {
  it('closes what was unused for so long, but keeps min, and then leaves no timer', async () => {
    const { acquire, pool, manager, clock } = makeKit({ min: 1, max: 3, idleTimeoutMs: 1000 });
    for (const lease of await Promise.all([acquire(), acquire(), acquire()])) await lease.release();
    await clock.advanceAsync(999);
    expect(pool.stats().idle).toBe(3);
    await clock.advanceAsync(1);
    expect(pool.stats().idle).toBe(1);
    expect(manager.destroyed.map(({ reason }) => reason)).toEqual(['idle-timeout', 'idle-timeout']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('empties a pool without min, after which nothing runs', async () => {
    const { acquire, pool, clock } = makeKit({ idleTimeoutMs: 1000, keepaliveMs: 300, leakThresholdMs: 50 });
    await (await acquire()).release();
    await clock.advanceAsync(2000);
    expect(pool.stats().total).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('uses one timer, which does not keep the process alive', async () => {
    const { acquire, clock } = makeKit({ max: 5, idleTimeoutMs: 1000, keepaliveMs: 300, leakThresholdMs: 50 });
    for (const lease of await Promise.all([acquire(), acquire(), acquire()])) await lease.release();
    await clock.advanceAsync(100);
    expect(clock.pendingTimers).toBe(1);
    expect(clock.pendingRefTimers).toBe(0);
  });
});

describe('max lifetime', () => {
  it('spreads by jitter and retires at most a quarter of the pool in any second', async () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const { manager, clock } = makeKit(
      { min: 100, max: 100, connectConcurrency: 100, maxLifetimeMs: 10_000, lifetimeJitter: 0.2 },
      random,
    );
    const ends: number[] = [];
    manager.onDestroy = async () => void ends.push(clock.now());
    await clock.advanceAsync(13_000);
    const first = ends.slice(0, 100);
    expect(first).toHaveLength(100);
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(1500);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(8000);
  });

  it('without jitter still retires at most a quarter in any second, each one once', async () => {
    const { pool, manager, clock } = makeKit({ min: 8, max: 8, connectConcurrency: 8, maxLifetimeMs: 10_000 });
    const ends: number[] = [];
    manager.onDestroy = async () => void ends.push(clock.now());
    await clock.advanceAsync(14_000);
    expect(ends).toHaveLength(8);
    for (const end of ends) expect(ends.filter((at) => at >= end && at < end + 1000).length).toBeLessThanOrEqual(2);
    expect(new Set(manager.destroyed.map(({ id }) => id)).size).toBe(8);
    expect(pool.stats().idle).toBe(8);
  });

  it('never cuts a lease; the entry is retired when it comes back', async () => {
    const { acquire, manager, clock } = makeKit({ max: 1, maxLifetimeMs: 1000 });
    const lease = await acquire();
    await clock.advanceAsync(5000);
    expect(manager.destroyed).toEqual([]);
    await lease.release();
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'max-lifetime' }]);
  });
});

describe('a leak', () => {
  it('is reported once with the acquiring stack, and again when the lease comes back', async () => {
    const { acquire, clock, seen } = makeKit({ max: 3, leakThresholdMs: 1000 });
    const slow = await acquire({ stack: 'at slow.ts:1' });
    await clock.advanceAsync(500);
    await (await acquire()).release();
    const slower = await acquire({ stack: 'at slower.ts:1' });
    await clock.advanceAsync(500);
    expect(seen.named('leaked')).toEqual([[1000, 'at slow.ts:1']]);
    await clock.advanceAsync(5000);
    expect(seen.named('leaked')).toEqual([
      [1000, 'at slow.ts:1'],
      [1000, 'at slower.ts:1'],
    ]);
    await slow.release();
    await slower.discard('leaked');
    expect(seen.named('leakReturned')).toEqual([[6000], [5500]]);
  });

  it('is no standing lease, which is out for good by design', async () => {
    const { acquire, clock, seen, pool } = makeKit({ leakThresholdMs: 1000 });
    await acquire({ onWanted: () => undefined });
    await clock.advanceAsync(5000);
    expect(seen.named('leaked')).toEqual([]);
    expect(pool.holders()).toEqual([]);
    expect(pool.stats()).toMatchObject({ leased: 1, standing: 1 });
  });
});
