// How long a cancelled statement is waited for.
import { expect, it } from '@jest/globals';
import { ManualClock } from '@hydrogen/pool';
import { deferred, type Deferred } from '../connection/deferred.js';
import { settledInTime } from './cancel-patience.js';

interface Wait {
  /** Undefined while it goes on. */
  heeded: boolean | undefined;
  answers: number;
  readonly work: Deferred<void>;
  readonly pass: (ms: number) => Promise<boolean | undefined>;
}

function wait(limitMs: number): Wait {
  const clock = new ManualClock();
  const work = deferred<void>();
  const pass = async (ms: number): Promise<boolean | undefined> => {
    await clock.advanceAsync(ms);
    return each.heeded;
  };
  const each: Wait = { heeded: undefined, answers: 7, work, pass };
  void settledInTime(work.promise, { clock, limitMs, answers: () => each.answers }).then((is) => (each.heeded = is));
  return each;
}

it('a server that answers others has the whole time', async () => {
  const each = wait(1000);
  await each.pass(100);
  each.answers++;
  expect(await each.pass(899)).toBeUndefined();
  expect(await each.pass(1)).toBe(false);
});

it('one that is silent to all has a quarter of a second', async () => {
  const each = wait(1000);
  expect(await each.pass(249)).toBeUndefined();
  expect(await each.pass(1)).toBe(false);
});

it('what arrived in a stall of the event loop counts', async () => {
  const each = wait(1000);
  await each.pass(200);
  each.work.resolve();
  expect(await each.pass(0)).toBe(true);
});

it('one that heeds is done at once, whenever that is', async () => {
  for (const ms of [0, 150, 230, 700]) {
    const each = wait(1000);
    each.answers++;
    await each.pass(ms);
    each.work.resolve();
    expect(await each.pass(0)).toBe(true);
  }
});

it('no limit is exceeded, and 0 is none', async () => {
  expect(await wait(0).pass(0)).toBe(false);
  const each = wait(220);
  expect(await each.pass(219)).toBeUndefined();
  expect(await each.pass(1)).toBe(false);
});
