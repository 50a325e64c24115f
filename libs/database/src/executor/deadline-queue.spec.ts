// Many deadlines, one timer: everybody is told, in time, and nobody early.
import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ManualClock } from '@hydrogen/pool';
import { DeadlineQueue, Expiring } from './deadline-queue.js';

class Entry extends Expiring {
  toldAt: number | undefined;

  constructor(private readonly act: () => void = () => {}) {
    super();
  }

  expire(): void {
    this.toldAt = clock.now();
    this.act();
  }
}

let clock: ManualClock;
let queue: DeadlineQueue;
beforeEach(() => {
  clock = new ManualClock();
  queue = new DeadlineQueue(clock);
});

function add(at: number, entry = new Entry()): Entry {
  queue.add(entry, at, clock.now());
  return entry;
}

describe('a deadline', () => {
  it('is told at its instant, to the millisecond when it is near', () => {
    const entries = [50, 1, 999, 50].map((at) => add(at));
    clock.advance(2_000);
    expect(entries.map(({ toldAt }) => toldAt)).toEqual([50, 1, 999, 50]);
    expect(queue.size).toBe(0);
  });

  it('that is far is told at most 4 ms late, and never early', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 100 }), (instants) => {
        clock = new ManualClock();
        queue = new DeadlineQueue(clock);
        const entries = instants.map((at) => add(at));
        clock.advance(70_000);
        for (const [index, { toldAt = Infinity }] of entries.entries()) {
          const late = toldAt - (instants[index] as number);
          if (late < 0 || late > 4) throw new Error(`${late} ms late`);
        }
      }),
    );
  });

  it('that has passed is told in the next turn, not at once', () => {
    clock.advance(10);
    const entry = add(5);
    expect(entry.toldAt).toBeUndefined();
    clock.advance(0);
    expect(entry.toldAt).toBe(10);
  });

  it('is not told early by a timer that is', () => {
    const early = {
      now: () => clock.now(),
      // As Node's: never shorter than a millisecond.
      setTimer: (ms: number, fn: () => void) => clock.setTimer(Math.max(1, ms - 0.75), fn),
    };
    queue = new DeadlineQueue(early);
    const entry = add(50);
    clock.advance(49.5);
    expect(entry.toldAt).toBeUndefined();
    clock.advance(1);
    expect(entry.toldAt).toBeGreaterThanOrEqual(50);
  });

  it('that never comes is not kept', () => {
    add(Infinity);
    expect([queue.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('taken out is not told, whichever of its millisecond it was', () => {
    const entries = [7, 7, 7, 7].map((at) => add(at));
    for (const index of [1, 0, 3]) queue.remove(entries[index] as Entry);
    queue.remove(entries[1] as Entry);
    clock.advance(10);
    expect(entries.map(({ toldAt }) => toldAt)).toEqual([undefined, undefined, 7, undefined]);
  });

  it('may be moved', () => {
    const entry = add(5);
    add(8, entry);
    expect(queue.size).toBe(1);
    clock.advance(7);
    expect(entry.toldAt).toBeUndefined();
    clock.advance(1);
    expect(entry.toldAt).toBe(8);
  });

  it('told may take out others of its instant, and add new ones', () => {
    const other = new Entry();
    const late = new Entry();
    add(5, other);
    add(
      5,
      new Entry(() => {
        queue.remove(other);
        add(5, late);
      }),
    );
    clock.advance(5);
    expect([other.toldAt, late.toldAt]).toEqual([undefined, 5]);
  });
});

describe('the timer', () => {
  it('is one, whatever waits, and does not keep the process alive', () => {
    for (let at = 1; at < 500; at++) add(at);
    expect([clock.pendingTimers, clock.pendingRefTimers]).toEqual([1, 0]);
  });

  it('is not set anew for calls that come one after the other', () => {
    let set = 0;
    const counting = {
      now: () => clock.now(),
      setTimer: (...a: Parameters<ManualClock['setTimer']>) => (set++, clock.setTimer(...a)),
    };
    queue = new DeadlineQueue(counting);
    for (let n = 0; n < 1_000; n++) {
      const entry = add(clock.now() + 35_000);
      clock.advance(0.5);
      queue.remove(entry);
    }
    expect(set).toBe(1);
  });

  it('is gone after close', () => {
    add(5);
    queue.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
