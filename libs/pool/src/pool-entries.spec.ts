// What the pool tells of each entry, and of the next attempt after a failed one.
import { describe, expect, it } from '@jest/globals';
import { makeKit, failure } from '../test/pool-kit.js';

describe('entries', () => {
  it('shows each with its number, state, age, uses, rest and holder', async () => {
    const { acquire, pool, clock, manager } = makeKit({ max: 3 });
    const first = await acquire({ lane: 'slow', stack: 'taken here' });
    const second = await acquire({ onWanted: () => undefined });
    await clock.advanceAsync(30);
    await (await acquire()).release();
    await clock.advanceAsync(12);
    expect(pool.entries()).toMatchObject([
      { id: 1, state: 'leased', ageMs: 42, uses: 1, idleMs: 0, standing: false, resource: { id: 1 } },
      { id: 2, state: 'leased', ageMs: 42, uses: 1, idleMs: 0, standing: true },
      { id: 3, state: 'idle', ageMs: 12, uses: 1, idleMs: 12, standing: false, holder: undefined },
    ]);
    expect(pool.entries()[0]?.holder).toMatchObject({ heldMs: 42, lane: 'slow', stack: 'taken here' });
    await first.discard('broken');
    await second.release();
    manager.onCreate = () => new Promise(() => undefined);
    const [a, b] = [await acquire(), await acquire()];
    void acquire().catch(() => undefined);
    await clock.settle();
    // A number is never given again, and what is being made has no resource yet.
    expect(pool.entries().at(-1)).toMatchObject({ id: 4, state: 'connecting', resource: undefined });
    await Promise.all([a.release(), b.release()]);
  });
});

describe('a failed create', () => {
  it('is reported with the time for which no other is begun', async () => {
    const next: number[] = [];
    const { acquire, manager, clock, seen } = makeKit({ max: 1 });
    seen.createFailed = (_error, _attempt, nextMs) => next.push(nextMs);
    manager.onCreate = () => Promise.reject(new Error('refused'));
    const waiting = failure(acquire({}, 1000));
    await clock.advanceAsync(1000);
    await waiting;
    expect(next.slice(0, 6)).toEqual([10, 20, 40, 80, 100, 100]);
  });
});
