// The arithmetic that every figure goes through.
import { describe, expect, it } from '@jest/globals';
import { mean, median, pairedRatio, percentile, rotated } from './statistics.js';

describe('median', () => {
  it.each<[readonly number[], number]>([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10], // as numbers, not as text
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves what it is given in its order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('of nothing is an error, not NaN', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each<[number, number]>([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('%d of 1 to 100 is %d, a value that is among them', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('of few values is the highest of them, for it must not flatter', () => {
    expect(percentile([1, 2, 50], 0.99)).toBe(50);
  });

  it('of nothing, or by a hundred instead of a share, is an error', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
    expect(() => percentile([1], 99)).toThrow(RangeError);
  });
});

it('mean is the sum by the number', () => {
  expect(mean([1, 2, 6])).toBe(3);
});

describe('pairedRatio', () => {
  it('compares within a round, so that a slow round of the machine does not count for one side only', () => {
    // Twice as fast in every round; the medians alone would say 200/60.
    expect(pairedRatio([200, 40, 240], [100, 20, 120])).toBe(2);
    expect(pairedRatio([100, 200, 300], [100, 50, 100])).toBe(3);
  });

  it('leaves out rounds that one of the two lacks, and a rival of zero', () => {
    expect(pairedRatio([10, undefined, 30, 5], [5, 1, undefined, 0])).toBe(2);
  });

  it('is undefined when no round has both', () => {
    expect(pairedRatio([1, undefined], [undefined, 1])).toBeUndefined();
    expect(pairedRatio([], [])).toBeUndefined();
  });
});

describe('rotated', () => {
  it('begins with another one each round and keeps the order otherwise', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('of nothing is nothing', () => {
    expect(rotated([], 3)).toEqual([]);
  });
});
