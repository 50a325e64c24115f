// The pool's errors at the border: each becomes the code a caller acts on, with its figures and its cause.
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  AcquireAbortedError,
  AcquireTimeoutError,
  CircuitOpenError,
  IllegalTransitionError,
  LeaseEndedError,
  ManualClock,
  PoolClosedError,
  PoolClosingError,
  QueueFullError,
  StepTimeoutError,
  type AcquireTimeoutDetails,
  type PoolStats,
} from '@hydrogen/pool';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { Budget } from './budget.js';
import { DeadlineQueue } from './deadline-queue.js';
import { acquireError, releasedError } from './pool-errors.js';

const STATS: PoolStats = {
  max: 4,
  ceiling: 4,
  min: 0,
  total: 4,
  connecting: 0,
  idle: 0,
  leased: 4,
  standing: 0,
  resetting: 0,
  reserved: 0,
  closing: 0,
  waiting: 7,
  leaked: 0,
  reclaimed: 0,
};
const RULES = { database: 'Main', target: 'db:5432', limit: 'AcquireTimeoutMs' };

let clock: ManualClock;
let controller: AbortController;
let budget: Budget;
beforeEach(() => {
  clock = new ManualClock();
  controller = new AbortController();
  budget = new Budget(new DeadlineQueue(clock), { database: 'Main', timeoutMs: 500, signal: controller.signal });
});

const timeout = (more: Partial<AcquireTimeoutDetails> = {}): AcquireTimeoutError =>
  new AcquireTimeoutError({ pool: 'Main', waitedMs: 100.4, step: 'wait', stats: STATS, holders: [], ...more });
const translate = (error: unknown, ownDeadline = false): DatabaseError =>
  acquireError(error, budget, RULES, ownDeadline);

describe('waiting too long', () => {
  it('for a connection in use is DB_ACQUIRE_TIMEOUT with the figures and the oldest holders', () => {
    const error = translate(
      timeout({ holders: [{ heldMs: 1234.5, stack: 'at holder', owner: {}, lane: 'fast' }, { heldMs: 3 }] }),
    );
    expect(error).toMatchObject({
      code: 'DB_ACQUIRE_TIMEOUT',
      database: 'Main',
      retryable: true,
      inDoubt: false,
      stats: { max: 4, leased: 4, waiting: 7 },
      message:
        'Main: no connection came free within AcquireTimeoutMs (waited 100 ms; 4 of 4 leased, 7 waiting; the oldest is held for 1235 ms)',
    });
    expect(error.holders).toEqual([
      { heldMs: 1235, stack: 'at holder' },
      { heldMs: 3, stack: undefined },
    ]);
    expect(error.stats).not.toBe(STATS);
  });

  it('at the caller’s own deadline is DB_DEADLINE with the step', () => {
    clock.advance(500);
    expect(translate(timeout(), true)).toMatchObject({ code: 'DB_DEADLINE', step: 'acquire', elapsedMs: 500 });
    expect(translate(timeout({ step: 'connect' }), true)).toMatchObject({ code: 'DB_DEADLINE', step: 'connect' });
  });

  it('at the caller’s own deadline keeps what was in the way as the cause', () => {
    const cause = databaseError({ code: 'DB_CONNECT_FAILED', message: 'refused' });
    expect(translate(timeout({ cause }), true).cause).toMatchObject({ code: 'DB_CONNECT_FAILED', message: 'refused' });
    expect(translate(timeout(), true).cause).toBeInstanceOf(AcquireTimeoutError);
  });

  it('for a server that refuses is that refusal', () => {
    const cause = databaseError({ code: 'DB_CONNECT_FAILED', message: 'Main: cannot connect', database: 'Main' });
    expect(translate(timeout({ step: 'connect', cause }))).toMatchObject({
      code: 'DB_CONNECT_FAILED',
      message: 'Main: cannot connect',
      retryable: true,
    });
  });

  it('while others hold connections stays DB_ACQUIRE_TIMEOUT, with the failed connect as its cause', () => {
    const cause = databaseError({ code: 'DB_CONNECT_FAILED', message: 'too many clients', sqlState: '53300' });
    const error = translate(timeout({ cause, stats: { ...STATS, max: 9, ceiling: 4 } }));
    expect(error).toMatchObject({ code: 'DB_ACQUIRE_TIMEOUT', cause: { sqlState: '53300' } });
    expect(error.message).toContain('4 of 9 leased, the server has room for 4, 7 waiting');
  });

  it('for a server that does not answer is DB_CONNECT_TIMEOUT, for no connection was ever in use', () => {
    const cause = new StepTimeoutError('connect', 300);
    const error = translate(timeout({ step: 'connect', cause, stats: { ...STATS, leased: 0 } }));
    expect(error.code).toBe('DB_CONNECT_TIMEOUT');
    expect(error).toMatchObject({ retryable: true, database: 'Main' });
  });
});

describe('a refused login', () => {
  it('of a moment ago is DB_CIRCUIT_OPEN: what it was, and how long nothing is tried', () => {
    const cause = databaseError({ code: 'DB_AUTH_FAILED', message: 'Main: no', sqlState: '28P01' });
    const error = translate(new CircuitOpenError('Main', 4711.2, cause));
    expect(error).toMatchObject({
      code: 'DB_CIRCUIT_OPEN',
      retryAfterMs: 4712,
      retryable: false,
      cause: { sqlState: '28P01' },
    });
    expect(error.message).toBe(
      'Main: the last login was refused (Main: no); not tried again for 4712 ms (Circuit.WindowMs)',
    );
    expect(error.cause).not.toBe(cause);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ retryAfterMs: 4712 });
  });
});

describe('a failed connect', () => {
  it('gives each of its waiters an error of its own, all else alike', () => {
    const cause = new Error('socket');
    const original = databaseError(
      { code: 'DB_AUTH_FAILED', message: 'no', sqlState: '28P01', database: 'Other', detail: 'd' },
      { cause },
    );
    const [first, second] = [translate(original), translate(original)];
    expect(first).not.toBe(original);
    expect(first).not.toBe(second);
    expect(first).toMatchObject({ code: 'DB_AUTH_FAILED', message: 'no', sqlState: '28P01', database: 'Main' });
    expect(first.detail).toBe('d');
    expect(first.cause).toBe(cause);
    expect(first.name).toBe(original.name);
    expect(first.stack).not.toBe(original.stack);
  });

  it('keeps what the case had decided', () => {
    const doubtful = databaseError({ code: 'DB_CONNECTION_LOST', message: 'm', inDoubt: true });
    expect(translate(doubtful)).toMatchObject({ inDoubt: true, retryable: false });
    const hopeless = databaseError({ code: 'DB_CONNECT_FAILED', message: 'm', retryable: false });
    expect(translate(hopeless).retryable).toBe(false);
  });
});

describe('a refusal at the door', () => {
  it('for a full queue is DB_QUEUE_FULL with the figures', () => {
    expect(translate(new QueueFullError('Main', 7, STATS))).toMatchObject({
      code: 'DB_QUEUE_FULL',
      message: 'Main: 7 calls wait already (MaxQueue); refused at once',
      retryable: true,
      stats: { waiting: 7 },
      database: 'Main',
    });
  });

  it.each([
    ['closing', new PoolClosingError('Main'), 'DB_CLOSING'],
    ['closed', new PoolClosedError('Main'), 'DB_CLOSED'],
    ['ended', new LeaseEndedError('Main', false), 'DB_RELEASED'],
  ])('because it is %s says so', (_what, error, code) => {
    expect(translate(error)).toMatchObject({ code, database: 'Main', retryable: false, inDoubt: false });
  });

  it('by the caller’s signal is DB_CANCELLED with the signal’s reason', () => {
    const reason = new Error('client left');
    controller.abort(reason);
    expect(translate(new AcquireAbortedError('Main', reason))).toMatchObject({ code: 'DB_CANCELLED', cause: reason });
  });
});

describe('what should not come', () => {
  it.each([
    new IllegalTransitionError('entry', 'idle', 'idle'),
    new StepTimeoutError('reset', 5),
    new TypeError('bug'),
  ])('is DB_PROTOCOL with it as the cause (%p)', (error) => {
    expect(translate(error)).toMatchObject({ code: 'DB_PROTOCOL', database: 'Main', cause: error });
  });
});

it('use after a lease’s end names the danger', () => {
  expect(releasedError('Main')).toMatchObject({ code: 'DB_RELEASED', database: 'Main' });
});
