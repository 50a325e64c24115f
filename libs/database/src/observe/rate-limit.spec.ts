// The first, each tenth, then by the minute.
import { describe, expect, it } from '@jest/globals';
import { RateLimit } from './rate-limit.js';

describe('RateLimit', () => {
  it('lets through the first, then each tenth up to the hundredth', () => {
    const limit = new RateLimit();
    const said = Array.from({ length: 100 }, (_, index) => index + 1).filter(() => limit.admits(0));
    expect(said).toEqual([1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  });

  it('lets through one a minute after a hundred', () => {
    const limit = new RateLimit();
    for (let n = 0; n < 100; n++) limit.admits(0);
    expect([1, 30_000, 59_999, 60_000, 60_001, 119_999, 120_000].filter((now) => limit.admits(now))).toEqual([
      60_000, 120_000,
    ]);
    expect(limit.count).toBe(107);
  });
});
