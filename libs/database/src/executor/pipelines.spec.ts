// Connections in shared use: who is admitted, when they are given back, and that nobody is forgotten on the way.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { END, lost, statement, type FakeExecution } from '../../test-support/fake-connection.js';
import { databaseError } from '../errors/database.error.js';
import type { RunOptions } from './run-options.js';

const SET = 'set default_transaction_read_only = on';
const RESET = 'reset default_transaction_read_only';
const COMMANDS = /^(?:set|reset|begin|commit|rollback)\b/;

/** Commands are answered at once, statements when the test says. */
function commandsOnly(execution: FakeExecution): void {
  if (COMMANDS.test(execution.statement.text)) queueMicrotask(() => execution.succeed());
}

/** An executor that has seen `select n` already, on its first connection. */
async function warm(options: KitOptions = {}): Promise<ExecutorKit> {
  const kit = executorKit({ onExecute: commandsOnly, ...options, executor: { pipelines: 1, ...options.executor } });
  const first = kit.executor.run(statement(), {});
  await kit.clock.settle();
  kit.connections[0]?.last.succeed();
  await first;
  return kit;
}

const run = (kit: ExecutorKit, options: RunOptions = {}, text = 'select n') =>
  kit.executor.run(statement(text), options);
const running = (kit: ExecutorKit): FakeExecution[] =>
  kit.connections.flatMap(({ executions }) => executions.filter(({ settled }) => !settled));
const pipelines = (kit: ExecutorKit) =>
  kit.executor.stats().pipelines.map(({ inFlight, state }) => `${state} ${inFlight}`);

async function answerAll(kit: ExecutorKit): Promise<void> {
  for (let open = running(kit); open.length > 0; open = running(kit)) {
    for (const execution of open) execution.succeed();
    await kit.clock.settle();
  }
}

describe('a plain read', () => {
  it('leases at first sight and shares a read-only connection from then on', async () => {
    const kit = await warm();
    const results = [run(kit), run(kit), run(kit)];
    expect(kit.sent()).toEqual(['1: select n', `1: ${SET}`, '1: select n', '1: select n', '1: select n']);
    expect(kit.connections[0]?.last.options).toMatchObject({ shared: true, prepare: true });
    await answerAll(kit);
    await Promise.all(results);
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 1, standing: 1 });
  });

  it.each([
    ['writes by its looks', { ...statement(), plain: false }, {}],
    ['is slow by its caller’s word', statement(), { lane: 'slow' }],
  ] as const)('that %s leases', async (_why, given, options) => {
    const kit = await warm();
    void kit.executor.run(given, options);
    expect(kit.sent().at(-1)).toBe('1: select n');
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 1, standing: 0 });
  });

  it('unknown, but fast by its caller’s word, shares at first sight', async () => {
    const kit = executorKit({ onExecute: commandsOnly, executor: { pipelines: 1 } });
    void run(kit, { lane: 'fast' });
    await kit.clock.settle();
    expect(kit.sent()).toEqual([`1: ${SET}`, '1: select n']);
  });

  it('that became dear leases until it is cheap again', async () => {
    const kit = await warm();
    for (let n = 0; n < 3; n++) {
      const slow = run(kit);
      kit.clock.advance(50);
      await answerAll(kit);
      await slow;
    }
    for (const expected of [0, 0, 1]) {
      const again = run(kit);
      await kit.clock.settle();
      expect(running(kit).filter(({ options }) => options.shared)).toHaveLength(expected);
      await answerAll(kit);
      await again;
    }
  });

  it('with a large result leases', async () => {
    const kit = await warm();
    const large = run(kit);
    running(kit)
      .at(-1)
      ?.succeed({ ...END, bytes: 1_000_000 });
    await large;
    void run(kit);
    await kit.clock.settle();
    expect(running(kit).map(({ options }) => options.shared)).toEqual([undefined]);
  });

  it('that is refused because it writes runs again on a lease, unseen, and is remembered', async () => {
    const kit = await warm();
    const result = run(kit);
    running(kit)
      .at(-1)
      ?.fail(databaseError({ code: 'DB_READ_ONLY', message: 'no', sqlState: '25006' }));
    await kit.clock.settle();
    const [again] = running(kit);
    expect(again?.options.shared).toBeUndefined();
    again?.chunk(7);
    again?.succeed();
    expect((await result).rows).toEqual([{ n: 7 }]);
    void run(kit);
    await kit.clock.settle();
    expect(running(kit).map(({ options }) => options.shared)).toEqual([undefined]);
  });

  it('that leaves a transaction behind costs the connection', async () => {
    const kit = await warm();
    const result = run(kit);
    Object.assign(kit.connections[0] ?? {}, { transactionStatus: 'T' });
    kit.connections[0]?.last.succeed();
    await result;
    expect([kit.executor.stats().pipelines, kit.executor.pool.stats().leased]).toEqual([[], 0]);
  });

  it('lost with its connection runs again: on a shared one, and when that is lost as well on one of its own', async () => {
    const kit = await warm();
    const results = [run(kit), run(kit)];
    for (const shared of [true, false]) {
      for (const execution of running(kit)) execution.fail(lost('gone', true));
      await kit.clock.settle();
      expect(running(kit).map(({ options }) => options.shared ?? false)).toEqual([shared, shared]);
    }
    for (const execution of running(kit)) execution.succeed();
    await Promise.all(results);
    await kit.clock.advanceAsync(10_000);
    expect([kit.executor.stats().retries.granted, kit.executor.pool.stats().leased]).toEqual([4, 0]);
  });
});

describe('the width', () => {
  it('grows only when all are busy, and the one with the least to do is taken', async () => {
    const kit = await warm({ max: 3, executor: { pipelines: 2 } });
    void run(kit);
    await kit.clock.settle();
    expect(pipelines(kit)).toEqual(['open 1']);
    void run(kit);
    await kit.clock.settle();
    void run(kit);
    void run(kit);
    expect(pipelines(kit)).toEqual(['open 2', 'open 2']);
    expect(kit.connections).toHaveLength(2);
  });

  it('and the depth are bounded: who finds no room waits his turn', async () => {
    const kit = await warm();
    const order: number[] = [];
    const results = Array.from({ length: 300 }, (_, n) => run(kit).then(() => order.push(n)));
    await kit.clock.settle();
    expect(running(kit)).toHaveLength(128);
    await answerAll(kit);
    await Promise.all(results);
    expect(order).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  it('is none behind a pooler: everything leases', async () => {
    const kit = await warm();
    const pooled = kit.connections[0];
    Object.assign(pooled?.capabilities ?? {}, { ownSession: false });
    const result = run(kit);
    expect(running(kit).map(({ options }) => options.shared)).toEqual([undefined]);
    await answerAll(kit);
    await result;
    expect(kit.sent()).toEqual(['1: select n', '1: select n']);
    expect(kit.executor.pool.stats().leased).toBe(0);
  });
});

describe('whoever needs a connection of his own', () => {
  it('gets that of a pipeline when what runs there has ended, made as it was', async () => {
    const kit = await warm({ max: 1 });
    const read = run(kit);
    const leasing = kit.executor.acquire({});
    await kit.clock.settle();
    const late = run(kit);
    expect(pipelines(kit)).toEqual(['draining 1']);
    running(kit)[0]?.succeed();
    await read;
    const lease = await leasing;
    expect(kit.sent().slice(1)).toEqual([`1: ${SET}`, '1: select n', `1: ${RESET}`]);
    await lease.release();
    await kit.clock.settle();
    expect(kit.sent().slice(-2)).toEqual([`1: ${SET}`, '1: select n']);
    await answerAll(kit);
    await late;
  });

  it('does not keep readers out: one granted while others wait serves those who wait now', async () => {
    const kit = await warm({ max: 1 });
    const lease = await kit.executor.acquire({});
    const reads = [run(kit), run(kit)];
    const next = kit.executor.acquire({});
    await kit.clock.settle();
    await lease.release();
    await kit.clock.settle();
    expect(running(kit)).toHaveLength(2);
    const tooLate = run(kit);
    expect(running(kit)).toHaveLength(2);
    await answerAll(kit);
    await Promise.all(reads);
    await (await next).release();
    await kit.clock.settle();
    await answerAll(kit);
    await tooLate;
  });

  it('gets a new one when the old cannot be made as it was', async () => {
    for (const answer of ['fails', 'never comes']) {
      const kit = await warm({
        max: 1,
        onExecute: (execution) => {
          if (execution.statement.text !== RESET) return commandsOnly(execution);
          if (answer === 'fails')
            queueMicrotask(() => execution.fail(databaseError({ code: 'DB_QUERY', message: 'no' })));
        },
      });
      const read = run(kit);
      await kit.clock.settle();
      running(kit)[0]?.succeed();
      await read;
      const leasing = kit.executor.acquire({});
      await kit.clock.advanceAsync(100);
      await leasing;
      expect([kit.connections.length, kit.executor.pool.stats().total]).toEqual([2, 1]);
    }
  });
});

describe('an unused pipeline', () => {
  it('goes back to the pool after its time, and not before', async () => {
    const kit = await warm();
    for (let n = 0; n < 5; n++) {
      const read = run(kit);
      await answerAll(kit);
      await read;
      await kit.clock.advanceAsync(600);
      expect(kit.executor.pool.stats().standing).toBe(1);
    }
    await kit.clock.advanceAsync(399);
    expect(kit.executor.pool.stats().standing).toBe(1);
    await kit.clock.advanceAsync(1);
    expect(kit.executor.pool.stats()).toMatchObject({ standing: 0, idle: 1 });
  });

  it('keeps no process alive and leaves no timer', async () => {
    const kit = await warm();
    const read = run(kit);
    await answerAll(kit);
    await read;
    expect(kit.clock.pendingRefTimers).toBe(0);
    await kit.executor.close(kit.clock.now() + 100);
    expect(kit.clock.pendingTimers).toBe(0);
  });

  it('whose connection dies is forgotten at once: the next read does not hear of it', async () => {
    const kit = await warm();
    const read = run(kit);
    await answerAll(kit);
    await read;
    kit.lose(0);
    await kit.clock.settle();
    running(kit)[0]?.fail(lost());
    const next = run(kit);
    await kit.clock.settle();
    await answerAll(kit);
    await next;
    expect(kit.connections).toHaveLength(2);
  });
});

describe('a deadline', () => {
  it('on a pipeline stops admission until the cancel is through', async () => {
    const kit = await warm();
    const doomed = rejection(run(kit, { timeoutMs: 50 }));
    const neighbour = run(kit);
    kit.clock.advance(50);
    expect(await doomed).toMatchObject({ code: 'DB_DEADLINE', step: 'execute', inDoubt: false });
    const late = run(kit);
    expect(pipelines(kit)).toEqual(['halted 2']);
    const [cancelled, other] = running(kit).filter(({ options }) => options.shared);
    other?.succeed();
    await neighbour;
    expect(running(kit)).toHaveLength(1);
    cancelled?.fail(databaseError({ code: 'DB_CANCELLED', message: 'stopped', sqlState: '57014' }));
    cancelled?.cancelled.resolve();
    await kit.clock.settle();
    expect(pipelines(kit)).toEqual(['open 1']);
    await answerAll(kit);
    await late;
  });

  it('that the server does not heed costs the connection, not the neighbours', async () => {
    const kit = await warm();
    const doomed = rejection(run(kit, { timeoutMs: 50 }));
    const neighbours = [run(kit), run(kit)];
    await kit.clock.advanceAsync(150);
    await doomed;
    const [, first, second] = running(kit).filter(({ options }) => options.shared);
    first?.fail(lost());
    second?.fail(databaseError({ code: 'DB_CLOSING', message: 'being closed' }));
    await kit.clock.settle();
    await answerAll(kit);
    await Promise.all(neighbours);
    expect(kit.connections).toHaveLength(3);
  });

  it('that the server does not heed leaves nobody behind who waits for that pipeline', async () => {
    const kit = await warm();
    const doomed = rejection(run(kit, { timeoutMs: 50 }));
    await kit.clock.advanceAsync(50);
    const late = run(kit);
    expect(pipelines(kit)).toEqual(['halted 1']);
    await kit.clock.advanceAsync(100);
    await doomed;
    await kit.clock.settle();
    kit.connections[1]?.last.succeed();
    await late;
  });

  it('while waiting leaves no trace, and neither does a signal', async () => {
    const kit = await warm({ max: 1 });
    const lease = await kit.executor.acquire({});
    const controller = new AbortController();
    const waiting = [
      rejection(run(kit, { timeoutMs: 50 })),
      rejection(run(kit, { signal: controller.signal })),
      rejection(run(kit)),
    ];
    await kit.clock.settle();
    controller.abort();
    await kit.clock.advanceAsync(1_000);
    expect((await Promise.all(waiting)).map(({ code, step }) => `${code} ${step ?? ''}`)).toEqual([
      'DB_DEADLINE acquire',
      'DB_CANCELLED ',
      'DB_ACQUIRE_TIMEOUT ',
    ]);
    expect(kit.executor.pool.stats().waiting).toBe(0);
    await lease.release();
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
    expect([kit.context.deadlines.size, running(kit).length]).toEqual([0, 0]);
  });
});

describe('the queue', () => {
  it('is bounded, those in the pool’s included', async () => {
    const kit = await warm({ max: 1, pool: { maxQueue: 3 }, executor: { maxQueue: 3 } });
    const lease = await kit.executor.acquire({});
    const waiting = [run(kit), run(kit)];
    await kit.clock.settle();
    expect(kit.executor.pool.stats().waiting).toBe(1);
    expect((await rejection(run(kit))).code).toBe('DB_QUEUE_FULL');
    expect((await rejection(kit.executor.acquire({}))).code).toBe('DB_QUEUE_FULL');
    await lease.release();
    await kit.clock.settle();
    await answerAll(kit);
    await Promise.all(waiting);
  });

  it('does not refuse the first callers of an empty pool', async () => {
    const kit = executorKit({
      onExecute: commandsOnly,
      pool: { maxQueue: 0 },
      executor: { pipelines: 1, maxQueue: 0 },
    });
    const reads = Array.from({ length: 50 }, () => run(kit, { lane: 'fast' }));
    await kit.clock.settle();
    await answerAll(kit);
    await Promise.all(reads);
  });

  it('is told when the databases are closed', async () => {
    const kit = await warm({ max: 1 });
    const lease = await kit.executor.acquire({});
    const waiting = rejection(run(kit));
    await kit.clock.settle();
    const closed = kit.executor.close(kit.clock.now() + 10);
    await lease.release();
    await kit.clock.advanceAsync(10);
    await answerAll(kit);
    await closed;
    expect(['DB_CLOSING', 'DB_READ_ONLY']).toContain((await waiting.catch(() => ({ code: 'DB_READ_ONLY' }))).code);
    expect((await rejection(run(kit))).code).toBe('DB_CLOSED');
  });
});

describe('writes', () => {
  const insert = { ...statement('insert into t values (1)'), reads: false, plain: false };

  it('lease for their one flight, unless key or call say that they may share', async () => {
    const kit = executorKit({ max: 3, onExecute: commandsOnly });
    void kit.executor.run(insert, {});
    await kit.clock.settle();
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 1, standing: 0 });
  });

  it('share a connection that is not read-only, and that no read is on', async () => {
    const kit = await warm({ max: 3, executor: { pipelineWrites: true } });
    void run(kit);
    const writes = [kit.executor.run(insert, {})];
    await kit.clock.settle();
    await answerAll(kit);
    void run(kit);
    for (let n = 0; n < 3; n++) writes.push(kit.executor.run(insert, {}));
    const on = (text: string) =>
      new Set(
        kit
          .sent()
          .filter((each) => each.includes(text))
          .map((each) => each.charAt(0)),
      );
    expect([...on('insert')].some((connection) => on(SET).has(connection))).toBe(false);
    expect(kit.executor.stats().pipelines).toMatchObject([{ kind: 'read' }, { kind: 'write', inFlight: 3 }]);
    await answerAll(kit);
    await Promise.all(writes);
  });

  it.each(["insert into t values (currval('s'))", 'create table t ()', 'lock table t'])(
    '%s does not share',
    async (text) => {
      const kit = await warm({ max: 3, executor: { pipelineWrites: true } });
      void kit.executor.run({ ...insert, text }, {});
      await kit.clock.settle();
      expect(kit.executor.pool.stats().standing).toBe(0);
    },
  );

  it('of a pool of one lease, or reads would wait for ever', async () => {
    const kit = await warm({ max: 1, executor: { pipelineWrites: true } });
    void kit.executor.run(insert, {});
    await kit.clock.settle();
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 1, standing: 0 });
  });

  it('in flight when their connection dies are in doubt', async () => {
    const kit = await warm({ max: 2, executor: { pipelineWrites: true } });
    const write = rejection(kit.executor.run(insert, {}));
    kit.connections[0]?.last.fail(lost('gone', true));
    expect(await write).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: true });
  });
});

describe('360 shared queries and 40 transactions', () => {
  it.each([1, 2, 3, 10])('all settle with a pool of %i, which is never exceeded', async (max) => {
    let total = (): number => 0;
    let most = 0;
    const kit = await warm({
      max,
      executor: { pipelines: Math.max(1, Math.min(4, max - 1)) },
      limits: { acquireTimeoutMs: 1e9, statementTimeoutMs: 0 },
      onExecute: ({ statement: { text }, options }, connection) => {
        most = Math.max(most, total());
        if (options.prelude) connection.transactionStatus = 'T';
        if (text === 'commit') connection.transactionStatus = 'I';
        setImmediate(() => connection.executions.find(({ settled }) => !settled)?.succeed());
      },
    });
    total = () => kit.executor.pool.stats().total;
    const work: Promise<unknown>[] = [];
    for (let n = 0; n < 400; n++) {
      if (n % 10 > 0) work.push(run(kit));
      else work.push(kit.executor.transaction(async (tx) => void (await tx.query('update t set a = 1')), {}));
      if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(work);
    expect(most).toBeLessThanOrEqual(max);
    expect(kit.connections.length).toBeLessThanOrEqual(max);
    expect(kit.sent().filter((each) => each.endsWith('select n'))).toHaveLength(361);
  });
});
