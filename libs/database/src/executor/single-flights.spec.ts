// One statement on a connection of its own: what the caller hears and when, and when the connection is free again.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { FakeChunk, lost, statement } from '../../test-support/fake-connection.js';
import { databaseError } from '../errors/database.error.js';
import type { QueryResult, Row } from '../query/query-result.js';
import type { RunOptions } from './run-options.js';
import { SLICE_MS } from './decode-scheduler.js';

interface Run extends ExecutorKit {
  readonly result: Promise<QueryResult>;
}

/** A statement that has been sent on the first connection. */
async function sent(options: RunOptions = {}, kit: KitOptions = {}): Promise<Run> {
  const made = executorKit(kit);
  const result = made.executor.run<Row>(statement(), options);
  result.catch(() => {});
  await made.clock.settle();
  return { ...made, result };
}

const leased = ({ executor }: ExecutorKit): number => executor.pool.stats().leased;
const cancelled57014 = () => databaseError({ code: 'DB_CANCELLED', message: 'stopped', sqlState: '57014' });

describe('the result', () => {
  it('is rows in order over chunks, with end and timings', async () => {
    const run = await sent();
    run.clock.advance(5);
    run.connections[0]!.last.chunk(1, 2);
    run.connections[0]!.last.chunk(3);
    run.connections[0]!.last.succeed();
    expect(await run.result).toEqual({
      rows: [{ n: 1 }, { n: 2 }, { n: 3 }],
      rowCount: 1,
      command: 'SELECT',
      fields: expect.any(Array),
      timings: { acquireMs: 0, executeMs: 5, totalMs: 5 },
    });
    expect(run.connections[0]!.last.read).toBe(2);
  });

  it('comes when the connection is free already', async () => {
    const run = await sent();
    run.connections[0]!.last.succeed();
    expect(leased(run)).toBe(0);
    await run.result;
  });

  it('of many rows is decoded in slices, in turns, while the connection serves others', async () => {
    const run = await sent();
    const numbers = Array.from({ length: 128 * 10 }, (_, n) => n);
    const chunk = new FakeChunk(numbers, () => run.clock.advance(SLICE_MS / 4));
    run.connections[0]!.last.push(chunk);
    run.connections[0]!.last.succeed();
    expect([leased(run), chunk.slices.length]).toEqual([0, 4]);
    expect((await run.result).rows).toHaveLength(numbers.length);
    expect(chunk.slices).toHaveLength(10);
  });

  it('whose decoding throws is an error; the connection lives', async () => {
    const run = await sent();
    const broken = new FakeChunk([1], () => {
      throw new Error('codec');
    });
    run.connections[0]!.last.push(broken);
    run.connections[0]!.last.push(new FakeChunk([2]));
    run.connections[0]!.last.succeed();
    expect((await rejection(run.result)).message).toContain('codec');
    expect([run.connections[0]!.last.read, run.executor.pool.stats().idle]).toEqual([2, 1]);
  });
});

describe.each([{ readOnly: true }, { idempotent: true }])('a loss of what is %j', (options) => {
  it('is not its caller’s matter: it runs again on another connection', async () => {
    const run = await sent(options);
    run.connections[0]!.last.fail(lost('gone', true));
    await run.clock.settle();
    run.connections[1]!.last.chunk(7);
    run.connections[1]!.last.succeed();
    expect((await run.result).rows).toEqual([{ n: 7 }]);
    expect(run.executor.stats().retries).toEqual({ granted: 1, refused: 0 });
  });

  it('is told after the fourth run, with its number', async () => {
    const run = await sent(options);
    for (let n = 0; n < 4; n++) {
      expect(run.connections).toHaveLength(n + 1);
      run.connections[n]!.last.fail(lost('gone', true));
      await run.clock.settle();
    }
    expect(await rejection(run.result)).toMatchObject({
      code: 'DB_CONNECTION_LOST',
      attempt: 4,
      inDoubt: options.idempotent === true,
    });
    expect(leased(run)).toBe(0);
  });

  it('is told when its time is over, as a deadline', async () => {
    const run = await sent({ ...options, timeoutMs: 50 });
    run.clock.advance(49);
    run.connections[0]!.last.fail(lost('gone', true));
    run.clock.advance(1);
    expect(await rejection(run.result)).toMatchObject({ code: 'DB_DEADLINE' });
    await run.clock.settle();
    expect(leased(run)).toBe(0);
  });

  it('is told when a tenth of all calls has been run again already', async () => {
    const run = await sent(options);
    while (run.context.retryBudget.take(run.clock.now()));
    run.connections[0]!.last.fail(lost('gone', true));
    expect((await rejection(run.result)).code).toBe('DB_CONNECTION_LOST');
  });

  it('is told when the error is not a loss: what the server says of a statement it would say again', async () => {
    const run = await sent(options);
    run.connections[0]!.last.fail(databaseError({ code: 'DB_PROTOCOL', message: 'nonsense' }));
    expect((await rejection(run.result)).code).toBe('DB_PROTOCOL');
  });
});

describe('an error', () => {
  it('of the server is passed on, and the connection is given back', async () => {
    const run = await sent();
    run.connections[0]!.last.fail(databaseError({ code: 'DB_UNIQUE', message: 'no', sqlState: '23505' }));
    expect(await rejection(run.result)).toMatchObject({ code: 'DB_UNIQUE', database: 'Main', elapsedMs: 0 });
    expect([run.executor.pool.stats().idle, run.answers()]).toEqual([1, 1]);
  });

  it('that ends the connection costs it, and leaves a statement in doubt', async () => {
    const run = await sent();
    run.connections[0]!.last.fail(lost('gone', true));
    expect(await rejection(run.result)).toMatchObject({ inDoubt: true, retryable: false });
    expect([run.executor.pool.stats().idle, run.answers(), run.sent()]).toEqual([0, 0, ['1: select n']]);
  });

  it('57014 after the server’s own time is its timeout, before that it is somebody’s cancel', async () => {
    for (const [ms, code] of [
      [10_000, 'DB_STATEMENT_TIMEOUT'],
      [9_999, 'DB_CANCELLED'],
    ] as const) {
      const run = await sent();
      run.clock.advance(ms);
      run.connections[0]!.last.fail(cancelled57014());
      expect((await rejection(run.result)).code).toBe(code);
    }
  });

  it('of a result that is too large frees the connection when its cancel is through', async () => {
    const run = await sent();
    run.connections[0]!.last.fail(databaseError({ code: 'DB_RESULT_TOO_LARGE', message: 'too large' }));
    expect((await rejection(run.result)).code).toBe('DB_RESULT_TOO_LARGE');
    expect(leased(run)).toBe(1);
    run.connections[0]!.last.cancelled.resolve();
    await run.clock.settle();
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });
});

describe('at the deadline', () => {
  it('the caller is answered at once; the connection is kept until the cancel is through', async () => {
    const run = await sent({ timeoutMs: 50 });
    run.connections[0]!.last.chunk(1);
    run.clock.advance(50);
    expect(await rejection(run.result)).toMatchObject({ code: 'DB_DEADLINE', step: 'execute', inDoubt: true });
    expect(run.connections[0]!.last.cancels).toEqual(['deadline']);
    run.connections[0]!.last.chunk(2);
    run.connections[0]!.last.fail(cancelled57014());
    expect([leased(run), run.connections[0]!.last.read]).toEqual([1, 2]);
    run.connections[0]!.last.cancelled.resolve();
    await run.clock.settle();
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('an answer to one cancel is a sign of life for the others, whatever it says', async () => {
    for (const answer of ['failed', 'succeeded', 'lost'] as const) {
      const run = await sent({ timeoutMs: 50 }, { limits: { cancelTimeoutMs: 1_000 } });
      const other = run.executor.run(statement(), { timeoutMs: 50 });
      await run.clock.settle();
      run.clock.advance(50);
      await Promise.all([rejection(run.result), rejection(other)]);
      await run.clock.advanceAsync(100);
      const { last } = run.connections[0]!;
      if (answer === 'succeeded') last.succeed();
      else last.fail(answer === 'failed' ? cancelled57014() : lost());
      expect(run.answers()).toBe(answer === 'lost' ? 0 : 1);
      last.cancelled.resolve();
      await run.clock.advanceAsync(800);
      expect(leased(run)).toBe(answer === 'lost' ? 0 : 1);
      run.connections[1]!.last.cancelled.resolve();
      await run.clock.settle();
      expect(leased(run)).toBe(0);
    }
  });

  it('a read is not in doubt', async () => {
    const run = await sent({ timeoutMs: 50, readOnly: true });
    run.clock.advance(50);
    expect(await rejection(run.result)).toMatchObject({ code: 'DB_DEADLINE', inDoubt: false });
  });

  it('chunks that nobody will decode any more are read all the same, or the server could not end', async () => {
    const run = await sent({ timeoutMs: 50 });
    const numbers = Array.from({ length: 2_000 }, (_, n) => n);
    for (let n = 0; n < 4; n++)
      run.connections[0]!.last.push(new FakeChunk(numbers, () => run.clock.advance(SLICE_MS / 4)));
    expect(run.connections[0]!.last.read).toBe(0);
    run.clock.advance(50);
    await rejection(run.result);
    expect(run.connections[0]!.last.read).toBe(4);
  });

  it('a server that does not answer the cancel costs the connection', async () => {
    const run = await sent({ timeoutMs: 50 });
    run.clock.advance(50);
    await run.clock.advanceAsync(99);
    expect(leased(run)).toBe(1);
    await run.clock.advanceAsync(1);
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 0 });
    await rejection(run.result);
  });

  it('of decoding nothing is cancelled: the server has answered', async () => {
    const run = await sent({ timeoutMs: 50 });
    run.connections[0]!.last.push(
      new FakeChunk(
        Array.from({ length: 2_000 }, (_, n) => n),
        () => run.clock.advance(20),
      ),
    );
    run.connections[0]!.last.succeed();
    run.clock.advance(50);
    expect(await rejection(run.result)).toMatchObject({ code: 'DB_DEADLINE', inDoubt: false });
    expect(run.connections[0]!.last.cancels).toEqual([]);
  });

  it('in the queue nothing was sent', async () => {
    const run = await sent({}, { max: 1 });
    const waiting = rejection(run.executor.run(statement('second'), { timeoutMs: 30 }));
    await run.clock.advanceAsync(30);
    expect(await waiting).toMatchObject({ code: 'DB_DEADLINE', step: 'acquire', inDoubt: false });
    expect(run.sent()).toEqual(['1: select n']);
  });

  it('nothing is left behind by calls that ended', async () => {
    const run = await sent({ timeoutMs: 50 });
    run.connections[0]!.last.succeed();
    await run.result;
    expect([run.context.deadlines.size, run.clock.pendingRefTimers]).toEqual([0, 0]);
  });
});

describe('a signal', () => {
  it('ends a running statement, and its listener is gone', async () => {
    const controller = new AbortController();
    const run = await sent({ signal: controller.signal });
    const reason = new Error('client left');
    controller.abort(reason);
    expect(await rejection(run.result)).toMatchObject({ code: 'DB_CANCELLED', cause: reason, inDoubt: true });
    expect(run.connections[0]!.last.cancels).toEqual(['signal']);
  });

  it('ends a wait, and nothing is sent', async () => {
    const controller = new AbortController();
    const run = await sent({}, { max: 1 });
    const waiting = rejection(run.executor.run(statement('second'), { signal: controller.signal }));
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'DB_CANCELLED', inDoubt: false });
    expect(run.sent()).toHaveLength(1);
  });
});

describe('a time longer than the server’s', () => {
  it('travels in front of the statement', async () => {
    const run = await sent({ timeoutMs: 60_000 });
    expect(run.sent()).toEqual(['1: select pg_catalog.set_config($1, $2, true); select n']);
    expect(run.connections[0]!.last.options.prelude?.[0]?.parameters).toEqual(['statement_timeout', '61000']);
    run.clock.advance(20_000);
    run.connections[0]!.last.fail(cancelled57014());
    expect((await rejection(run.result)).code).toBe('DB_CANCELLED');
  });

  it('goes without where the statement stands only alone, and is remembered', async () => {
    const run = await sent({ timeoutMs: 60_000 });
    const alone = () => databaseError({ code: 'DB_QUERY', message: 'VACUUM', sqlState: '25001' });
    run.connections[0]!.last.fail(alone());
    expect(run.sent().at(-1)).toBe('1: select n');
    run.connections[0]!.last.succeed();
    await run.result;
    const again = run.executor.run(statement(), { timeoutMs: 60_000 });
    expect(run.sent().at(-1)).toBe('1: select n');
    run.connections[0]!.last.fail(alone());
    expect((await rejection(again)).sqlState).toBe('25001');
  });
});

it('a text seen before is worth a prepared statement, one seen once is not', async () => {
  const run = await sent();
  run.connections[0]!.last.succeed();
  void run.executor.run(statement(), {});
  expect(run.connections[0]!.executions.map(({ options }) => options.prepare)).toEqual([false, true]);
});
