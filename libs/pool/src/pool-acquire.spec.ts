// Acquiring and waiting: size, order, deadlines, the length of the queue, and leaving it.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, outcome } from '../test/pool-kit.js';
import { AcquireTimeoutError } from './errors/acquire-timeout.error.js';
import { QueueFullError } from './errors/queue-full.error.js';

describe('acquiring', () => {
  it('lends the resource used last, so that a sequence opens only one', async () => {
    const { acquire, manager } = makeKit({ max: 10 });
    for (let i = 0; i < 100; i++) await (await acquire()).release();
    expect(manager.made).toBe(1);
  });

  it('answers tryAcquire without a promise when one is idle, and undefined when none is', async () => {
    const { pool, acquire } = makeKit();
    expect(pool.tryAcquire({ deadline: 1 })).toBeUndefined();
    await (await acquire()).release();
    const lease = pool.tryAcquire({ deadline: 1 });
    expect(lease?.resource.id).toBe(1);
    expect(pool.tryAcquire({ deadline: 1 })).toBeUndefined();
  });

  it('never opens more than max, however many ask', async () => {
    const { acquire, manager, pool, clock } = makeKit({ max: 3, connectConcurrency: 10 });
    let done = 0;
    const callers = Array.from({ length: 50 }, async () => {
      const lease = await acquire();
      expect(pool.stats().total).toBeLessThanOrEqual(3);
      await lease.release();
      done++;
    });
    await clock.settle();
    await Promise.all(callers);
    expect(done).toBe(50);
    expect(manager.made).toBe(3);
  });

  it('serves waiters in the order of their coming', async () => {
    const { acquire } = makeKit({ max: 1 });
    const first = await acquire();
    const order: number[] = [];
    const waiters = [1, 2, 3].map(async (n) => {
      const lease = await acquire();
      order.push(n);
      await lease.release();
    });
    await first.release();
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
  });

  it('lets nobody overtake a waiter, not even through tryAcquire', async () => {
    const { acquire, pool, clock } = makeKit({ max: 1 });
    const held = await acquire();
    const waiting = acquire();
    await held.release();
    expect(pool.tryAcquire({ deadline: 1 })).toBeUndefined();
    await clock.settle();
    await (await waiting).release();
  });

  it('hands a returned resource to the first waiter in the same tick', async () => {
    const { acquire, pool } = makeKit({ max: 1 });
    const held = await acquire();
    const waiting = acquire();
    void held.release();
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, waiting: 0 });
    expect((await waiting).waitedMs).toBe(0);
  });

  it('prefers an idle resource of the wished place or kind, but never waits for one', async () => {
    const { acquire } = makeKit({ max: 2 });
    const a = await acquire({ place: 'a' });
    const b = await acquire({ place: 'b' });
    await a.release();
    await b.release();
    const wished = await acquire({ place: 'a' });
    expect(wished.resource.place).toBe('a');
    expect((await acquire({ place: 'a' })).resource.place).toBe('b');
    await wished.release();
    const odd = await acquire({ prefer: () => { throw new Error('broken wish'); } }); // prettier-ignore
    expect(odd.resource.place).toBe('a');
  });

  it('releases after use, also when the work throws', async () => {
    const { pool } = makeKit();
    expect(await pool.use((thing) => thing.id, { deadline: 100 })).toBe(1);
    expect((await failure(pool.use(() => Promise.reject(new Error('mine')), { deadline: 100 }))).message).toBe('mine');
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });
});

describe('waiting', () => {
  it('ends at the deadline with the figures and the five oldest holders', async () => {
    const { acquire, clock, seen } = makeKit({ max: 7 });
    for (let i = 0; i < 7; i++) {
      await acquire({ stack: i % 2 === 0 ? `at caller ${i}` : new Error(`at caller ${i}`) });
      await clock.advanceAsync(10);
    }
    const waiting = failure(acquire({}, 500));
    await clock.advanceAsync(499);
    expect(seen.named('timedOut')).toEqual([]);
    await clock.advanceAsync(1);
    const error = await waiting;
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error).toMatchObject({
      code: 'acquire-timeout',
      step: 'wait',
      waitedMs: 500,
      stats: { max: 7, total: 7, idle: 0, leased: 7, waiting: 1 },
    });
    const holders = error instanceof AcquireTimeoutError ? error.holders : [];
    expect(holders.map(({ heldMs }) => heldMs)).toEqual([570, 560, 550, 540, 530]);
    expect(holders[1]?.stack).toContain('at caller 1');
    expect(error.message).toContain("pool 'things': none came back within 500 ms (max 7, total 7");
    expect(seen.named('timedOut')).toEqual([['wait']]);
  });

  it('is never longer than acquireTimeoutMs', async () => {
    const { acquire, clock } = makeKit({ max: 1, acquireTimeoutMs: 100 });
    await acquire();
    const waiting = failure(acquire({ deadline: Infinity }));
    await clock.advanceAsync(100);
    expect((await waiting).message).toContain('100 ms');
  });

  it('fails at once when the deadline has passed already', async () => {
    const { acquire } = makeKit();
    expect(await failure(acquire({}, 0))).toMatchObject({ code: 'acquire-timeout' });
  });

  it('refuses the waiter after the last place in the queue, at once', async () => {
    const { acquire, pool, clock } = makeKit({ max: 2, maxQueue: 3 });
    const served = [acquire(), acquire()];
    const queued = [acquire(), acquire(), acquire()];
    const error = await failure(acquire());
    expect(error).toBeInstanceOf(QueueFullError);
    expect(error).toMatchObject({ code: 'queue-full', maxQueue: 3 });
    for (const lease of await Promise.all(served)) await lease.release();
    for (const waiting of queued) await (await waiting).release();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 2, waiting: 0 });
  });

  it('counts a borrower who only waits for his connect to no queue', async () => {
    const { acquire } = makeKit({ max: 2, maxQueue: 0 });
    await Promise.all([acquire(), acquire()]);
    expect(await failure(acquire())).toMatchObject({ code: 'queue-full' });
  });

  it('ends by its signal, leaves no trace, and cancels no connect', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 1 });
    const gate = deferred();
    manager.onCreate = () => gate.promise;
    const reason = new Error('the client left');
    const controller = new AbortController();
    const cancelled = failure(acquire({ signal: controller.signal }));
    controller.abort(reason);
    expect(await cancelled).toMatchObject({ code: 'aborted', cause: reason });
    expect(pool.stats()).toMatchObject({ waiting: 0, connecting: 1 });
    gate.resolve();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 1 });
    expect(clock.pendingTimers).toBe(0);
    expect(await failure(acquire({ signal: controller.signal }))).toMatchObject({ code: 'aborted' });
  });

  it('that was cancelled gives its turn to the next', async () => {
    const { acquire, clock } = makeKit({ max: 1 });
    const held = await acquire();
    const controller = new AbortController();
    const cancelled = failure(acquire({ signal: controller.signal }));
    const next = acquire();
    controller.abort();
    await cancelled;
    await held.release();
    expect(await outcome(next, clock)).toBe('fulfilled');
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const { acquire } = makeKit({ max: 1 });
    const { signal } = new AbortController();
    const held = await acquire({ signal });
    const next = acquire({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await held.release();
    await next;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('has no effect any more once the lease is granted', async () => {
    const { acquire, clock } = makeKit({ max: 1 });
    const held = await acquire();
    const controller = new AbortController();
    const next = acquire({ signal: controller.signal });
    void held.release();
    controller.abort();
    expect((await next).resource.id).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});
