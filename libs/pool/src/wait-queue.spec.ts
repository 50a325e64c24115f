// The wait queue: order, removal from anywhere, counts.
import { describe, expect, it } from '@jest/globals';
import { failure } from '../test/pool-kit.js';
import { Waiter } from './waiter.js';
import { WaitQueue } from './wait-queue.js';

function fill(n: number): { queue: WaitQueue<object>; waiters: Waiter<object>[] } {
  const queue = new WaitQueue<object>();
  const waiters = Array.from({ length: n }, (_, i) =>
    i % 3 === 0 ? new Waiter({ deadline: 1, onWanted: () => undefined }, i, 1) : new Waiter({ deadline: 1 }, i, 1),
  );
  for (const waiter of waiters) queue.add(waiter);
  return { queue, waiters };
}

describe('the wait queue', () => {
  it('keeps the order of arrival whoever leaves, and counts both kinds', () => {
    const { queue, waiters } = fill(9);
    for (const waiter of waiters.filter(({ since }) => since % 4 === 0)) {
      expect(queue.remove(waiter)).toBe(true);
      expect(queue.remove(waiter)).toBe(false);
    }
    expect([0, 1, 2, 3, 4, 5, 6].map((i) => queue.at(i)?.since)).toEqual([1, 2, 3, 5, 6, 7, undefined]);
    expect(queue).toMatchObject({ size: 6, exclusive: 4 });
  });

  it('removes any of a hundred thousand without walking', () => {
    const { queue, waiters } = fill(100_000);
    const since = performance.now();
    for (const waiter of waiters.toReversed()) queue.remove(waiter);
    expect(performance.now() - since).toBeLessThan(500);
    expect(queue.first).toBeUndefined();
  });

  it('refuses everybody, each with an error of his own', async () => {
    const { queue, waiters } = fill(3);
    const errors = Promise.all(waiters.map(({ promise }) => failure(promise)));
    queue.refuseAll(() => new Error('no'));
    expect(new Set(await errors).size).toBe(3);
    expect(queue).toMatchObject({ size: 0, exclusive: 0 });
  });
});
