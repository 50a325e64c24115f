// The verdict of a soak finds what grows, and does not take a swing for a leak.
import { describe, expect, it } from '@jest/globals';
import { verdictOf, type Sample, type SoakResult } from './verdict.js';

const sample = (minute: number, more: Partial<Sample> = {}): Sample => ({
  minute,
  heapMb: 20,
  rssMb: 100,
  handles: 30,
  timers: 8,
  listeners: 10,
  sessions: 8,
  ...more,
});

const result = (more: (minute: number) => Partial<Sample>, rest: Partial<SoakResult> = {}): SoakResult => ({
  samples: Array.from({ length: 30 }, (_, at) => sample(at + 1, more(at + 1))),
  minutes: 30,
  wrong: 0,
  uncaught: 0,
  hung: 0,
  left: 0,
  maxSessions: 16,
  ...rest,
});

describe('the verdict of a soak', () => {
  it('is empty where figures swing and come back', () => {
    expect(
      verdictOf(result((minute) => ({ heapMb: 20 + (minute % 2) * 0.9, handles: 30 + (minute % 3) * 5 }))),
    ).toEqual([]);
  });

  it('does not mind what warming up takes', () => {
    expect(verdictOf(result((minute) => ({ heapMb: minute < 5 ? 10 + minute : 20 })))).toEqual([]);
  });

  it('finds a heap, handles, timers and listeners that grow', () => {
    expect(verdictOf(result((minute) => ({ heapMb: 20 + minute * 0.1 })))).toEqual([
      expect.stringMatching(/heap grew by 1\.[678]/),
    ]);
    expect(
      verdictOf(result((minute) => ({ handles: 30 + minute, timers: 8 + minute, listeners: 10 + minute }))),
    ).toHaveLength(3);
  });

  it('names everything that must be none, and more sessions than allowed', () => {
    const all = { wrong: 1, uncaught: 2, hung: 3, left: 4, maxSessions: 7 };
    expect(verdictOf(result(() => ({}), all))).toHaveLength(5);
  });
});
