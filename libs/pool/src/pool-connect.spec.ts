// Opening entries: in the background, with backoff, for whoever is first; and what a connect that fails or comes late does.
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, outcome } from '../test/pool-kit.js';

const refused = new Error('refused');

describe('a failure that is fatal', () => {
  it('is told to all who wait, at once, and the next who comes is another attempt', async () => {
    const { acquire, manager, clock } = makeKit({ max: 2 });
    const wrong = new Error('certificate');
    let attempts = 0;
    manager.classify = () => 'fatal';
    manager.onCreate = () => {
      attempts++;
      return Promise.reject(wrong);
    };
    const all = [failure(acquire()), failure(acquire()), failure(acquire())];
    await clock.settle();
    expect(await Promise.all(all)).toEqual([wrong, wrong, wrong]);
    const before = attempts;
    manager.onCreate = async () => undefined;
    const next = acquire();
    await clock.advanceAsync(100);
    expect(await outcome(next, clock)).toBe('fulfilled');
    expect([before, clock.pendingTimers]).toEqual([1, 0]);
    await (await next).release();
  });
});

describe('connecting', () => {
  it('opens min without a request, first one and then a few at a time', async () => {
    const { pool, manager, clock } = makeKit({ min: 5, max: 10, connectConcurrency: 2 });
    const gates = [deferred(), deferred()];
    manager.onCreate = () => gates[manager.made === 0 ? 0 : 1]?.promise ?? Promise.resolve();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ connecting: 1, total: 1 });
    gates[0]?.resolve();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ connecting: 2, total: 3 });
    gates[1]?.resolve();
    await clock.settle();
    expect(pool.stats()).toMatchObject({ idle: 5, total: 5 });
  });

  it('gives the new entry to the first waiter, not to the one for whom it was begun', async () => {
    const { acquire, manager, clock } = makeKit({ max: 2 });
    const held = await acquire();
    const gate = deferred();
    manager.onCreate = () => gate.promise;
    const a = acquire();
    const b = acquire();
    await held.release();
    expect((await a).resource.id).toBe(1);
    expect(await outcome(b, clock)).toBe('pending');
    gate.resolve();
    expect((await b).resource.id).toBe(2);
  });

  it('tries again with full jitter while anyone waits, and shows the last failure at the deadline', async () => {
    const { acquire, manager, clock, seen } = makeKit({ max: 1 });
    let attempts = 0;
    manager.onCreate = () => {
      attempts++;
      return Promise.reject(refused);
    };
    const waiting = failure(acquire({}, 1000));
    await clock.advanceAsync(1000);
    expect(await waiting).toMatchObject({ code: 'acquire-timeout', step: 'connect', cause: refused });
    // Half of 20, 40, 80, 160 and then 200 ms each.
    expect(attempts).toBe(13);
    expect(seen.named('createFailed')[2]).toEqual([refused, 3]);
  });

  it('lets the waiter ride out a refusal', async () => {
    const { acquire, manager, clock } = makeKit({ max: 1 });
    manager.onCreate = () => Promise.reject(refused);
    const waiting = acquire();
    await clock.advanceAsync(2000);
    manager.onCreate = async () => undefined;
    await clock.advanceAsync(100);
    expect((await waiting).waitedMs).toBeLessThanOrEqual(2100);
  });

  it.each([0, 30, 333, 1000, 2500, 9000])(
    'serves within 250 ms of the end of a refusal that lasted %i ms, at the worst of chances',
    async (refusedMs) => {
      const { acquire, manager, clock } = makeKit({ max: 1 }, () => 0.999);
      manager.onCreate = () => Promise.reject(refused);
      const waiting = acquire({}, 60_000);
      await clock.advanceAsync(refusedMs);
      manager.onCreate = async () => undefined;
      await clock.advanceAsync(250);
      expect((await waiting).waitedMs).toBeLessThanOrEqual(refusedMs + 250);
    },
  );

  it('spreads its attempts: full jitter, base 20 ms, at most 200 ms apart while anyone waits and 5 s otherwise', async () => {
    const gaps = async (chance: number, waits: boolean): Promise<number[]> => {
      const { acquire, manager, clock } = makeKit({ min: 1, max: 1 }, () => chance);
      const at: number[] = [];
      manager.onCreate = () => {
        at.push(clock.now());
        return Promise.reject(refused);
      };
      const waiting = waits ? failure(acquire({}, 29_000)) : undefined;
      await clock.advanceAsync(waits ? 29_000 : 60_000);
      await waiting;
      return at.slice(1).map((time, n) => Math.round(time - (at[n] ?? 0)));
    };
    expect((await gaps(0.9999, true)).slice(0, 6)).toEqual([20, 40, 80, 160, 200, 200]);
    expect((await gaps(0.25, true)).slice(0, 6)).toEqual([5, 10, 20, 40, 50, 50]);
    expect(Math.max(...(await gaps(0.9999, false)))).toBe(5000);
  });

  it('is patient when only min is to be refilled, and hurries when somebody comes', async () => {
    const { acquire, pool, manager, clock } = makeKit({ min: 1, max: 1 });
    let attempts = 0;
    manager.onCreate = () => {
      attempts++;
      return Promise.reject(refused);
    };
    await clock.advanceAsync(60_000);
    expect(attempts).toBeLessThan(35);
    manager.onCreate = async () => undefined;
    const waiting = acquire();
    await clock.advanceAsync(200);
    await (await waiting).release();
    expect(pool.stats().idle).toBe(1);
  });

  it('fails all waiters at once with an error that no retry can heal, if nothing is open', async () => {
    const { acquire, manager } = makeKit({ max: 1 });
    const wrong = new Error('wrong password');
    manager.classify = (error) => (error === wrong ? 'refused' : 'retry');
    manager.onCreate = () => Promise.reject(wrong);
    expect(await Promise.all([failure(acquire()), failure(acquire())])).toEqual([wrong, wrong]);
  });

  it('gives up a connect at its own timeout, keeps the slot while it may still succeed, and destroys what comes late', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 1, connectTimeoutMs: 500, destroyTimeoutMs: 300 });
    const late = deferred();
    let signal: AbortSignal | undefined;
    manager.onCreate = (context) => {
      signal = context.signal;
      return late.promise;
    };
    const waiting = acquire({}, 5000);
    await clock.advanceAsync(500);
    expect(signal?.aborted).toBe(true);
    expect(pool.stats()).toMatchObject({ total: 1, closing: 1, connecting: 0 });
    manager.onCreate = async () => undefined;
    late.resolve();
    await clock.advanceAsync(50);
    expect(manager.destroyed).toEqual([{ id: 1, reason: 'evicted' }]);
    expect((await waiting).resource.id).toBe(2);
  });

  it('frees the slot of a connect that never ends after the time of a destroy', async () => {
    const { acquire, pool, manager, clock } = makeKit({ max: 1, connectTimeoutMs: 500, destroyTimeoutMs: 300 });
    manager.onCreate = () => new Promise(() => undefined);
    const waiting = failure(acquire({}, 790));
    await clock.advanceAsync(790);
    expect(await waiting).toMatchObject({ step: 'wait', cause: { code: 'step-timeout', step: 'connect' } });
    await clock.advanceAsync(20);
    expect(pool.stats().total).toBe(0);
  });

  it('does not dial without pause a server that accepts and hangs up', async () => {
    const { manager, clock } = makeKit({ min: 1, max: 1 });
    const create = manager.create.bind(manager);
    manager.create = async (context) => {
      const thing = await create(context);
      queueMicrotask(() => queueMicrotask(() => thing.lost(new Error('hung up'))));
      return thing;
    };
    await clock.advanceAsync(10_000);
    expect(manager.made).toBeGreaterThan(3);
    expect(manager.made).toBeLessThan(30);
  });

  it('counts a create that throws at once, or is lost while connecting, as a failed attempt', async () => {
    const { acquire, manager, clock, seen } = makeKit({ max: 1 });
    manager.create = () => {
      throw refused;
    };
    const waiting = acquire();
    await clock.settle();
    expect(seen.named('createFailed')).toEqual([[refused, 1]]);
    delete (manager as { create?: unknown }).create;
    const dead = new Error('died in the handshake');
    manager.onCreate = async ({ lost }) => lost(dead);
    await clock.advanceAsync(10);
    expect(seen.named('createFailed')[1]).toEqual([dead, 2]);
    manager.onCreate = async () => undefined;
    await clock.advanceAsync(100);
    await (await waiting).release();
  });
});

describe('fill', () => {
  it('settles when min entries are open', async () => {
    const { pool, clock } = makeKit({ min: 3, max: 3 });
    expect(await outcome(pool.fill(1000), clock)).toBe('fulfilled');
    expect(pool.stats().idle).toBe(3);
    expect(clock.pendingRefTimers).toBe(0);
  });

  it('fails at once with a fatal error, else at its deadline with the last one', async () => {
    const { pool, manager, clock } = makeKit({ min: 1, max: 1 });
    manager.onCreate = () => Promise.reject(refused);
    const waiting = failure(pool.fill(1000));
    await clock.advanceAsync(1000);
    expect(await waiting).toMatchObject({ code: 'acquire-timeout', cause: refused });
    manager.classify = () => 'refused';
    const again = failure(pool.fill(10_000));
    await clock.advanceAsync(250);
    expect(await again).toBe(refused);
  });
});
