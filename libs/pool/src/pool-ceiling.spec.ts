// A far side that is full: nobody fails, who waits is served by what comes back, and room is found again when there is some.
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, type Kit } from '../test/pool-kit.js';
import type { PoolOptions } from './pool-options.js';

const full = new Error('too many clients already');

interface FullKit extends Kit {
  /** Creates asked for so far. */
  attempts(): number;
  room: number;
}

/** A pool whose far side has room for so many. */
function fullKit(room: number, options: Partial<PoolOptions> = {}): FullKit {
  const kit = makeKit({ max: 100, maxQueue: 1000, ...options });
  let attempts = 0;
  /** Let in, and not yet counted by the manager. */
  let entering = 0;
  const self: FullKit = { ...kit, attempts: () => attempts, room };
  kit.manager.classify = (error) => (error === full ? 'full' : 'retry');
  kit.manager.onCreate = async () => {
    attempts++;
    if (kit.manager.live.size + entering >= self.room) throw full;
    entering++;
    queueMicrotask(() => entering--);
  };
  return self;
}

describe('a full far side', () => {
  it('lowers the ceiling to what is open, and fails none of 300', async () => {
    const { acquire, clock, pool, seen } = fullKit(18);
    let most = 0;
    const calls = Array.from({ length: 300 }, async () => {
      const lease = await acquire();
      most = Math.max(most, pool.stats().leased);
      await lease.release();
    });
    await clock.advanceAsync(1000);
    await Promise.all(calls);
    expect(most).toBeLessThanOrEqual(18);
    expect(pool.stats()).toMatchObject({ max: 100, waiting: 0 });
    expect(seen.named('timedOut')).toEqual([]);
  });

  it('is asked again with growing pauses while more is needed, not with every return', async () => {
    const { acquire, attempts, clock, pool, seen } = fullKit(2);
    const held = [await acquire(), await acquire()];
    const waiting = acquire({}, 100_000);
    await clock.settle();
    expect(pool.stats()).toMatchObject({ max: 100, ceiling: 2, total: 2 });
    expect(seen.named('ceilingMoved')).toEqual([[2, 100]]);
    const before = attempts();
    await clock.advanceAsync(60_000);
    expect(attempts() - before).toBeGreaterThan(3);
    expect(attempts() - before).toBeLessThan(12);
    await held[0]?.release();
    expect((await waiting).waitedMs).toBe(60_000);
  });

  it('that has room again is found out within the pause, and then each success lets the next one follow', async () => {
    const kit = fullKit(2);
    const { acquire, clock, pool } = kit;
    await acquire();
    await acquire();
    const waiting = Array.from({ length: 20 }, () => acquire({}, 100_000));
    await clock.advanceAsync(100);
    expect(pool.stats().ceiling).toBe(2);
    kit.room = 50;
    await clock.advanceAsync(500);
    await Promise.all(waiting);
    expect(pool.stats().leased).toBe(22);
  });

  it('is forgotten when nobody needs more: the ceiling is max again', async () => {
    const { acquire, clock, pool, seen } = fullKit(2);
    const held = [await acquire(), await acquire()];
    const waiting = acquire();
    await clock.settle();
    await held[0]?.release();
    await (await waiting).release();
    expect(pool.stats().ceiling).toBe(2);
    await clock.advanceAsync(5000);
    expect(pool.stats().ceiling).toBe(100);
    expect(seen.named('ceilingMoved').at(-1)).toEqual([100, 100]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('without room for a single one is tried until the deadline, and the error says why', async () => {
    const { acquire, attempts, clock, pool } = fullKit(0);
    const waiting = failure(acquire({}, 1000));
    await clock.advanceAsync(1000);
    expect(await waiting).toMatchObject({
      code: 'acquire-timeout',
      step: 'connect',
      cause: full,
      stats: { ceiling: 1 },
    });
    expect(attempts()).toBeGreaterThan(5);
    expect(attempts()).toBeLessThan(30);
    expect(pool.stats().total).toBe(0);
  });

  it('serves as soon as it lets one in', async () => {
    const kit = fullKit(0);
    const waiting = kit.acquire();
    await kit.clock.advanceAsync(3000);
    kit.room = 1;
    await kit.clock.advanceAsync(200);
    expect((await waiting).waitedMs).toBeLessThanOrEqual(3200);
  });

  it('keeps a replacement for one that died within what is open', async () => {
    const { acquire, clock, manager, pool } = fullKit(3);
    const held = [await acquire(), await acquire(), await acquire()];
    const waiting = acquire();
    await clock.settle();
    await held[0]?.discard('broken');
    await clock.advanceAsync(200);
    expect((await waiting).resource.id).toBe(4);
    expect(manager.live.size).toBe(3);
    expect(pool.stats().ceiling).toBe(3);
  });

  it('asks sharers for all they hold when that is all there is', async () => {
    const { acquire, clock, pool } = fullKit(1);
    let wanted = 0;
    const standing = await acquire({ onWanted: () => void wanted++ });
    const waiting = acquire();
    await clock.settle();
    expect(wanted).toBe(1);
    await standing.release();
    await (await waiting).release();
    await pool.close(clock.now());
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not hide that connects which were on their way arrived after all', async () => {
    const { acquire, clock, manager, pool } = fullKit(2);
    await acquire();
    const gates = [deferred(), deferred()];
    let n = 0;
    manager.onCreate = () => gates[n++]?.promise ?? Promise.reject(full);
    const waiting = [acquire(), acquire()];
    await clock.settle();
    gates[0]?.reject(full);
    await clock.settle();
    expect(pool.stats().ceiling).toBe(1);
    gates[1]?.resolve();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ leased: 2, waiting: 1, ceiling: 2 });
    void waiting[1]?.catch(() => undefined);
  });
});
