// What makes a promise met, missed, or not proved.
import { describe, expect, it } from '@jest/globals';
import type { Figures } from './metrics.js';
import { isBroken, judge, wording, type BenchmarkPromise, type Rounds, type Status } from './promises.js';

const rates = (...values: number[]): Figures[] => values.map((rate) => ({ rate }));
const FIVEFOLD: BenchmarkPromise = { ours: 'hydrogen', metric: 'rate', rival: 'pg', atLeast: 5 };
const QUARTER: BenchmarkPromise = { ours: 'hydrogen', metric: 'delayP99', rival: 'pg', atMost: 0.25 };
const NO_STALL: BenchmarkPromise = { ours: 'hydrogen', metric: 'delayMax', atMost: 25 };

describe('judge', () => {
  it.each<[string, number, Status, boolean]>([
    ['more than promised', 6, 'met', false],
    ['exactly what is promised', 5, 'met', false],
    ['less, but no more than noise', 4.3, 'missed', false],
    ['less than noise explains', 4.2, 'missed', true],
  ])('at least 5x: %s', (_, ratio, status, broken) => {
    const verdict = judge(FIVEFOLD, { hydrogen: rates(ratio * 100, ratio * 50), pg: rates(100, 50) });
    expect(verdict).toMatchObject({ status, value: ratio });
    expect(isBroken(verdict)).toBe(broken);
  });

  it.each<[number, Status, boolean]>([
    [0.2, 'met', false],
    [0.25, 'met', false],
    [0.28, 'missed', false],
    [0.3, 'missed', true],
  ])('at most a quarter: %d', (ratio, status, broken) => {
    const verdict = judge(QUARTER, { hydrogen: [{ delayP99: ratio * 40 }], pg: [{ delayP99: 40 }] });
    expect(verdict.status).toBe(status);
    expect(isBroken(verdict)).toBe(broken);
  });

  it('holds an absolute bound against the median of the rounds', () => {
    const stalls = [{ delayMax: 10 }, { delayMax: 90 }, { delayMax: 20 }];
    expect(judge(NO_STALL, { hydrogen: stalls })).toMatchObject({ status: 'met', value: 20 });
    expect(judge(NO_STALL, { hydrogen: [{ delayMax: 28 }] })).toMatchObject({
      status: 'missed',
      withinTolerance: true,
    });
    expect(judge(NO_STALL, { hydrogen: [{ delayMax: 29 }] })).toMatchObject({
      status: 'missed',
      withinTolerance: false,
    });
  });

  it('proves nothing when ours was not measured, and that stops a check', () => {
    const unproved: Rounds[] = [{}, { hydrogen: [] }, { hydrogen: [{ p50: 1 }] }];
    for (const rounds of unproved) {
      const verdict = judge(FIVEFOLD, { pg: rates(1), ...rounds });
      expect(verdict.status).toBe('unavailable');
      expect(isBroken(verdict)).toBe(true);
    }
  });

  it('blames nobody for a rival that is not installed', () => {
    const verdict = judge(FIVEFOLD, { hydrogen: rates(1) });
    expect(verdict.status).toBe('no-rival');
    expect(isBroken(verdict)).toBe(false);
  });

  it('tells a distance without judging it', () => {
    const verdict = judge({ ours: 'hydrogen', metric: 'rate', rival: 'c' }, { hydrogen: rates(40), c: rates(100) });
    expect(verdict).toMatchObject({ status: 'told', value: 0.4 });
    expect(isBroken(verdict)).toBe(false);
  });
});

it('words a promise as people say it', () => {
  const of = (more: object): string =>
    wording({ ours: 'hydrogen', metric: 'mainCpu', rival: 'pg', ...more } as BenchmarkPromise, (id) => `<${id}>`);
  expect(of({ atLeast: 3.5 })).toBe('≥ 3.5x <pg>');
  expect(of({ atMost: 0.6 })).toBe('≤ 0.6x <pg>');
  expect(of({ atMost: 0.4 })).toBe('≤ 0.4x <pg>');
  expect(of({ atMost: 1.2 })).toBe('≤ 1.2x <pg>');
  expect(of({ atMost: 1 / 15 })).toBe('≤ 1/15 <pg>');
  expect(of({ atMost: 1 / 12 })).toBe('≤ 1/12 <pg>');
  expect(of({ atMost: 1 / 4 })).toBe('≤ 1/4 <pg>');
  expect(of({})).toBe('distance to <pg>');
  expect(wording(NO_STALL, String)).toBe('≤ 25 ms');
});
