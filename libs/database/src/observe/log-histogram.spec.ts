// Percentiles from buckets against the true ones, over random data.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogHistogram } from './log-histogram.js';

function histogramOf(values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

const durations = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.double({ min: 0.001, max: 4_000_000, noNaN: true }),
    fc.double({ min: 0.001, max: 5, noNaN: true }),
  ),
  { minLength: 1, maxLength: 300 },
);

describe('LogHistogram', () => {
  it('gives every percentile within 5 % of the true one, from a microsecond to an hour', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const { p50Ms, p95Ms, p99Ms, count, maxMs } = histogramOf(values).figures();
        const sorted = values.toSorted((a, b) => a - b);
        const truth = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number;
        expect(count).toBe(values.length);
        expect(maxMs).toBe(sorted.at(-1));
        for (const [found, share] of [
          [p50Ms, 0.5],
          [p95Ms, 0.95],
          [p99Ms, 0.99],
        ] as const) {
          expect(Math.abs(found - truth(share))).toBeLessThanOrEqual(0.05 * truth(share));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('adds up its buckets: the last one holds all, and none holds what is longer than it says', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const { buckets } = histogramOf(values).figures();
        expect(buckets.at(-1)?.count).toBe(values.length);
        for (const { upToMs, count } of buckets) {
          expect(values.filter((value) => value <= upToMs).length).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });

  it('counts what is out of its range at its ends, and knows nothing before the first', () => {
    expect(new LogHistogram().figures()).toEqual({
      count: 0,
      totalMs: 0,
      maxMs: 0,
      p50Ms: 0,
      p95Ms: 0,
      p99Ms: 0,
      buckets: [],
    });
    const { count, p50Ms, maxMs } = histogramOf([1e-9, Infinity, NaN, -1]).figures();
    expect([count, p50Ms, maxMs]).toEqual([4, 0, Infinity]);
  });

  it('is recorded in well under 50 ns', () => {
    const histogram = new LogHistogram();
    const values = Float64Array.from({ length: 1024 }, (_, index) => (index % 4 === 0 ? 0.01 * index : 0));
    let best = Infinity;
    for (let round = 0; round < 20; round++) {
      const begun = performance.now();
      for (let n = 0; n < 100_000; n++) histogram.record(values[n & 1023] as number);
      best = Math.min(best, (performance.now() - begun) * 10);
    }
    expect(best).toBeLessThan(50);
  });
});
