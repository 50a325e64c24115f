// One deadline for the whole way, on a clock that stands still.
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '@hydrogen/pool';
import { thrown } from '../../test-support/failure.js';
import { Budget, type BudgetOptions } from './budget.js';
import { DeadlineQueue } from './deadline-queue.js';

let clock: ManualClock;
let deadlines: DeadlineQueue;
beforeEach(() => {
  clock = new ManualClock(1_000);
  deadlines = new DeadlineQueue(clock);
});
const budget = (options: Partial<BudgetOptions> = {}): Budget =>
  new Budget(deadlines, { database: 'Main', timeoutMs: 100, ...options });
/** Everything that `onEnd` told, as code and reason. */
function heard(of: Budget): { told: string[]; stop: () => void } {
  const told: string[] = [];
  const stop = of.onEnd('execute', (error, reason) => told.push(`${error.code} ${reason}`));
  return { told, stop };
}

describe('the time', () => {
  it.each<unknown>([0, -1, NaN, '100', null, 10n])('of %p is refused', (timeoutMs) => {
    const error = thrown(() => budget({ timeoutMs: timeoutMs as number }));
    expect(error).toMatchObject({ code: 'DB_PARAMETERS', database: 'Main' });
    expect(error.message).toContain(`got ${String(timeoutMs)}`);
  });

  it('counts from the making', () => {
    const { startedAt, deadline } = budget();
    expect({ startedAt, deadline }).toEqual({ startedAt: 1_000, deadline: 1_100 });
  });

  it('is over at the deadline, not before', () => {
    const own = budget();
    clock.advance(99);
    expect([own.elapsedMs, own.over]).toEqual([99, false]);
    clock.advance(1);
    expect([own.elapsedMs, own.over]).toEqual([100, true]);
  });

  it('may be endless', () => {
    const own = budget({ timeoutMs: Infinity });
    const { told } = heard(own);
    clock.advance(1e12);
    expect([own.over, told]).toEqual([false, []]);
    expect([deadlines.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('inside a transaction is the earlier of the two', () => {
    const outer = budget({ timeoutMs: 50 });
    expect(budget({ outer }).deadline).toBe(1_050);
    expect(budget({ outer, timeoutMs: 10 }).deadline).toBe(1_010);
    expect(budget({ outer: budget({ timeoutMs: Infinity }) }).deadline).toBe(1_100);
  });
});

describe('the end', () => {
  it('is told once, at the deadline, with the step and the figures', () => {
    const own = budget();
    const tell = jest.fn();
    own.onEnd('execute', tell);
    clock.advance(99);
    expect(tell).not.toHaveBeenCalled();
    clock.advance(500);
    expect(tell.mock.calls).toEqual([
      [
        expect.objectContaining({
          code: 'DB_DEADLINE',
          step: 'execute',
          database: 'Main',
          elapsedMs: 100,
          message: 'Main: the deadline of 100 ms passed (step: execute)',
        }),
        'deadline',
      ],
    ]);
  });

  it('is told once by the signal, with its reason, and nothing is left behind', () => {
    const controller = new AbortController();
    const { told } = heard(budget({ signal: controller.signal }));
    controller.abort(new Error('client left'));
    controller.abort();
    clock.advance(1_000);
    expect(told).toEqual(['DB_CANCELLED signal']);
    expect([deadlines.size, clock.pendingRefTimers]).toEqual([0, 0]);
  });

  it('is not told once it was called off, and nothing is left behind', () => {
    const controller = new AbortController();
    const add = jest.spyOn(controller.signal, 'addEventListener');
    const remove = jest.spyOn(controller.signal, 'removeEventListener');
    const { told, stop } = heard(budget({ signal: controller.signal }));
    stop();
    stop();
    controller.abort();
    clock.advance(1_000);
    expect(told).toEqual([]);
    expect([deadlines.size, clock.pendingRefTimers]).toEqual([0, 0]);
    expect(remove.mock.calls[0]?.slice(0, 2)).toEqual(add.mock.calls[0]?.slice(0, 2));
  });

  it('that has come already is told all the same, of the time', () => {
    const own = budget();
    clock.advance(200);
    const { told } = heard(own);
    clock.advance(0);
    expect(told).toEqual(['DB_DEADLINE deadline']);
  });

  it('that has come already is told all the same, of the signal', () => {
    const controller = new AbortController();
    const own = budget({ signal: controller.signal, timeoutMs: 1_000 });
    controller.abort();
    const { told } = heard(own);
    clock.advance(1);
    expect(told).toEqual(['DB_CANCELLED signal']);
  });

  it('by either signal counts, of a statement and of its transaction', () => {
    for (const aborting of ['own', 'outer'] as const) {
      const signals = { own: new AbortController(), outer: new AbortController() };
      const outer = budget({ signal: signals.outer.signal });
      const own = budget({ outer, signal: signals.own.signal });
      const { told } = heard(own);
      const reason = new Error(aborting);
      signals[aborting].abort(reason);
      expect(told).toEqual(['DB_CANCELLED signal']);
      expect(own.over).toBe(true);
      expect(own.cancelled().cause).toBe(reason);
    }
  });
});

describe('a signal', () => {
  it('aborted already is refused at the door, with its reason', () => {
    const reason = new Error('client left');
    const error = thrown(() => budget({ signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: 'DB_CANCELLED', database: 'Main', cause: reason });
    const outer = (() => {
      const controller = new AbortController();
      const made = budget({ signal: controller.signal });
      controller.abort(reason);
      return made;
    })();
    expect(thrown(() => budget({ outer }))).toMatchObject({ code: 'DB_CANCELLED', cause: reason });
  });
});

it('the deadline’s error keeps what was in the way as its cause', () => {
  const cause = new Error('ECONNREFUSED');
  expect(budget().exceeded('connect', cause)).toMatchObject({ code: 'DB_DEADLINE', step: 'connect', cause });
});
