// Many results, one event loop: each gets its turn, and no turn is longer than it may be.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@hydrogen/pool';
import { DecodeScheduler, type DecodeWork, SLICE_MS } from './decode-scheduler.js';

let clock: ManualClock;
let decoder: DecodeScheduler;
let order: string[];
beforeEach(() => {
  clock = new ManualClock();
  decoder = new DecodeScheduler(clock);
  order = [];
});

/** Work of `slices` slices of a millisecond each. */
function work(name: string, slices: number, onSlice: () => void = () => {}): DecodeWork {
  return {
    decodeSlice() {
      clock.advance(SLICE_MS / 4);
      order.push(name);
      onSlice();
      return --slices > 0;
    },
  };
}

/** Lengths of the turns of the loop until nothing waits. */
async function turns(): Promise<number[]> {
  const lengths = [order.length];
  for (let done = order.length; decoder.waiting > 0; done = order.length) {
    await new Promise((resolve) => setImmediate(resolve));
    lengths.push(order.length - done);
  }
  return lengths;
}

describe('decoding', () => {
  it('begins at once and stops after a slice, turn by turn', async () => {
    decoder.submit(work('a', 10));
    expect(await turns()).toEqual([4, 4, 2]);
  });

  it('of all results together takes one slice of a turn, not of each', async () => {
    for (const name of ['a', 'b', 'c']) decoder.submit(work(name, 3));
    expect(await turns()).toEqual([4, 4, 1]);
  });

  it('gives each result its turn: a small one is not behind a large one', async () => {
    decoder.submit(work('large', 50));
    decoder.submit(work('small', 1));
    await turns();
    expect(order.indexOf('small')).toBeLessThan(6);
  });

  it('counts what was decoded before in the same turn', async () => {
    decoder.submit(work('a', 3));
    decoder.submit(work('b', 3));
    expect(await turns()).toEqual([4, 2]);
  });

  it('begins anew in the next turn of the loop', async () => {
    decoder.submit(work('a', 4));
    await new Promise((resolve) => setImmediate(resolve));
    decoder.submit(work('b', 4));
    expect(order).toHaveLength(8);
  });

  it('is not entered twice by a slice that brings more work', async () => {
    let inside = 0;
    const nested = work('inner', 1, () => expect(inside).toBe(0));
    decoder.submit(
      work('outer', 1, () => {
        inside++;
        decoder.submit(nested);
        inside--;
      }),
    );
    await turns();
    expect(order).toEqual(['outer', 'inner']);
  });
});
