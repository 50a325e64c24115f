// Bounded, and what is in use stays: that is all that is promised of the order.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecentMap } from './recent-map.js';

describe('a recent map', () => {
  it('never holds more than its size, and gives what was set last for a key', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.nat())), (entries) => {
        const map = new RecentMap<number, number>(10);
        for (const [key, value] of entries) {
          map.set(key, value);
          expect(map.get(key)).toBe(value);
          expect(map.size).toBeLessThanOrEqual(10);
        }
      }),
    );
  });

  it('keeps what is used, however much else comes by', () => {
    const map = new RecentMap<string, number>(10);
    map.set('used', 1);
    for (let n = 0; n < 1000; n++) {
      map.set(`passing ${n}`, n);
      expect(map.get('used')).toBe(1);
    }
    expect(map.get('passing 0')).toBeUndefined();
  });

  it('tells its values once each', () => {
    const map = new RecentMap<number, number>(4);
    for (const n of [1, 2, 3]) map.set(n, n);
    expect(map.get(1)).toBe(1);
    expect([...map.values()].toSorted()).toEqual([1, 2, 3]);
  });
});
