// The tables of cases hang together: a promise that names nobody would never be judged.
import { describe, expect, it } from '@jest/globals';
import { CASES } from './cases.js';

it('names are unique, and fit to be typed and to be files', () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  for (const { name } of CASES) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
});

describe.each(CASES)('$name', ({ contestants, promises, work }) => {
  const ids = contestants.map(({ id }) => id);

  it('has each contestant once, a rival first, whom all are compared with', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(contestants[0]?.driver).toBe(work === 'memory' ? 'postgres' : 'pg');
  });

  it('promises only of contestants of ours, against rivals that take part', () => {
    for (const { ours, rival } of promises) {
      expect(contestants.find(({ id }) => id === ours)?.driver).toBe('hydrogen');
      if (rival !== undefined) expect(ids).toContain(rival);
    }
  });
});
