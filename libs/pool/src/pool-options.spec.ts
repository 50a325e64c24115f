// The one door of the options: defaults, bounds, everything wrong at once.
import { describe, expect, it } from '@jest/globals';
import { OPTIONS } from '../test/pool-kit.js';
import { resolvePoolOptions } from './pool-options.js';

describe('pool options', () => {
  it('are completed and frozen', () => {
    const { destroyTimeoutMs, ...given } = OPTIONS;
    const all = resolvePoolOptions(given);
    expect(all).toMatchObject({
      acquireTimeoutMs: Infinity,
      destroyTimeoutMs: 5000,
      maxUses: 0,
      connectConcurrency: 4,
    });
    expect(Object.isFrozen(all)).toBe(true);
    expect(resolvePoolOptions(OPTIONS).destroyTimeoutMs).toBe(destroyTimeoutMs);
  });

  it('report every problem at once and repair none', () => {
    const wrong = { min: 3, max: 2, maxQueue: 1.5, lifetimeJitter: 2, idleTimeoutMs: -1, connectTimeoutMs: 0 };
    expect(() => resolvePoolOptions({ ...OPTIONS, ...wrong, connectConcurrency: 0 })).toThrow(
      expect.objectContaining({
        code: 'options',
        problems: [
          'min 3 is above max 2',
          'connectTimeoutMs must be above 0, got 0',
          'idleTimeoutMs must be 0 or more, got -1',
          'maxQueue must be a whole number from 0, got 1.5',
          'connectConcurrency must be a whole number from 1, got 0',
          'lifetimeJitter must be 0..1, got 2',
        ],
      }),
    );
    expect(() => resolvePoolOptions({ ...OPTIONS, max: Number.NaN })).toThrow('max must be');
  });
});
