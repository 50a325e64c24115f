import { describe, expect, it } from '@jest/globals';
import { RetryBudget } from './retry-budget.js';

const taken = (budget: RetryBudget, now: number): number => {
  let count = 0;
  while (count < 10_000 && budget.take(now)) count++;
  return count;
};

describe('the retry budget', () => {
  it('gives a hundred to a service that asks little', () => {
    expect(taken(new RetryBudget(0), 5)).toBe(100);
  });

  it('gives a tenth of the calls besides, by the load of the time before', () => {
    const budget = new RetryBudget(0);
    budget.calls = 60_000;
    expect(taken(budget, 60_000)).toBe(100 + 1_000);
  });

  it('grows with the calls of its ten seconds, and begins anew after them', () => {
    const budget = new RetryBudget(0);
    expect(taken(budget, 0)).toBe(100);
    budget.calls = 2_000;
    expect(taken(budget, 9_999)).toBe(200);
    expect(taken(budget, 10_000)).toBe(300);
  });

  it('counts what it gave and what it refused', () => {
    const budget = new RetryBudget(0);
    taken(budget, 0);
    expect([budget.granted, budget.refused]).toEqual([100, 1]);
  });
});
