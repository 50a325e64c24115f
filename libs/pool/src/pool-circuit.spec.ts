// A far side that refuses the login: one attempt a window, and nobody is refused whom something open can serve.
import { describe, expect, it } from '@jest/globals';
import { deferred, failure, makeKit, outcome, type Kit } from '../test/pool-kit.js';
import { CircuitOpenError } from './errors/circuit-open.error.js';
import type { PoolOptions } from './pool-options.js';

const wrong = new Error('wrong password');

interface RefusedKit extends Kit {
  attempts(): number;
  /** From now on the far side says yes. */
  admit(): void;
}

/** A pool whose far side refuses everyone. */
function refusedKit(options: Partial<PoolOptions> = {}): RefusedKit {
  const kit = makeKit({ max: 10, circuitMs: 5000, ...options });
  let attempts = 0;
  let admits = false;
  kit.manager.classify = (error) => (error === wrong ? 'refused' : 'retry');
  kit.manager.onCreate = async () => {
    attempts++;
    if (!admits) throw wrong;
  };
  return { ...kit, attempts: () => attempts, admit: () => void (admits = true) };
}

describe('a refused login', () => {
  it('fails those who wait with the refusal itself, and the next ones at once with how long it lasts', async () => {
    const { acquire, clock } = refusedKit();
    expect(await Promise.all([failure(acquire()), failure(acquire())])).toEqual([wrong, wrong]);
    await clock.advanceAsync(1000);
    const next = acquire();
    const error = await outcome(next, clock);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ code: 'circuit-open', retryAfterMs: 4000, cause: wrong });
  });

  it('is tried once a window, however many call', async () => {
    const { acquire, clock, attempts } = refusedKit();
    for (let ms = 0; ms < 15_000; ms += 50) {
      const calls = [failure(acquire()), failure(acquire())];
      await clock.settle();
      await Promise.all(calls);
      await clock.advanceAsync(50);
    }
    expect(attempts()).toBe(3);
  });

  it('is one login from the very first moment: a pool that knows nothing asks once before it asks four times', async () => {
    const { acquire, attempts } = refusedKit();
    const calls = await Promise.all(Array.from({ length: 100 }, () => failure(acquire())));
    expect(calls.every((error) => error === wrong)).toBe(true);
    expect(attempts()).toBe(1);
  });

  it('costs nobody who can be served by what is open', async () => {
    const { acquire, admit, clock, manager, pool } = refusedKit({ max: 2 });
    admit();
    const held = await acquire();
    manager.onCreate = () => Promise.reject(wrong);
    const waiting = acquire();
    await clock.settle();
    expect(await outcome(waiting, clock)).toBe('pending');
    await held.release();
    await (await waiting).release();
    expect(pool.tryAcquire({ deadline: Infinity })?.resource.id).toBe(1);
    const late = acquire({}, 10);
    expect(await outcome(late, clock)).toBe('pending');
    await Promise.all([failure(late), clock.advanceAsync(10)]);
  });

  it('reaches those who wait when the last one who could have served them is gone', async () => {
    const { acquire, admit, clock, manager } = refusedKit({ max: 2 });
    admit();
    const held = await acquire();
    manager.onCreate = () => Promise.reject(wrong);
    const waiting = failure(acquire());
    await clock.settle();
    await held.discard('broken');
    expect(await waiting).toMatchObject({ code: 'circuit-open', cause: wrong });
  });

  it('is not outlived by a lease that is kept for good: it will never serve anybody', async () => {
    const { acquire, admit, clock, manager } = refusedKit({ max: 2 });
    admit();
    await acquire({ onLost: () => undefined });
    manager.onCreate = () => Promise.reject(wrong);
    expect(await outcome(acquire(), clock)).toBe(wrong);
  });

  it('is asked about by the first who comes after the window; the others wait for his answer', async () => {
    const { acquire, admit, attempts, clock, manager, pool } = refusedKit();
    await failure(acquire());
    await clock.advanceAsync(60_000);
    expect(attempts()).toBe(1);
    const gate = deferred();
    const answer = manager.onCreate;
    manager.onCreate = async (context) => {
      await gate.promise;
      await answer(context);
    };
    const calls = Array.from({ length: 5 }, () => acquire());
    await clock.advanceAsync(2000);
    expect(pool.stats()).toMatchObject({ connecting: 1, waiting: 5 });
    admit();
    gate.resolve();
    for (const lease of await Promise.all(calls)) expect(lease.resource.id).toBeGreaterThan(0);
    expect(attempts()).toBe(6);
  });

  it('is asked about for those who wait on, as soon as the window is over', async () => {
    const { acquire, admit, clock, manager } = refusedKit({ max: 2 });
    admit();
    await acquire();
    manager.onCreate = () => Promise.reject(wrong);
    const waiting = acquire();
    await clock.advanceAsync(4999);
    manager.onCreate = async () => undefined;
    expect(await outcome(waiting, clock)).toBe('pending');
    await clock.advanceAsync(1);
    expect((await waiting).waitedMs).toBe(5000);
  });

  it('stops the refill of min for the window too, and fails who waits for that', async () => {
    const { attempts, clock, pool } = refusedKit({ min: 3 });
    expect(await failure(pool.fill(30_000))).toBe(wrong);
    expect(await failure(pool.fill(30_000))).toMatchObject({ code: 'circuit-open' });
    await clock.advanceAsync(14_999);
    expect(attempts()).toBe(3);
    expect(clock.pendingRefTimers).toBe(0);
    await pool.close(clock.now());
    expect(clock.pendingTimers).toBe(0);
  });

  it('with circuitMs 0 is tried again with backoff', async () => {
    const { acquire, attempts, clock } = refusedKit({ circuitMs: 0 });
    for (let n = 0; n < 5; n++) {
      const call = failure(acquire());
      await clock.advanceAsync(200);
      expect(await call).toBe(wrong);
    }
    expect(attempts()).toBe(5);
  });
});
