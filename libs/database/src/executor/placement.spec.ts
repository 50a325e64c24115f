// Where statements go: in which thread, and how many slow ones at once.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { END, statement } from '../../test-support/fake-connection.js';
import { Database } from '../database.js';
import type { RunOptions } from './run-options.js';

const placed = (options: KitOptions = {}): ExecutorKit =>
  executorKit({
    max: 4,
    places: ['inline', 'worker:1', 'worker:2'],
    onExecute: (execution) => {
      const bytes = execution.statement.text === 'large' ? 2_000_000 : 20;
      queueMicrotask(() => execution.succeed({ ...END, bytes }));
    },
    ...options,
    executor: { workers: true, ...options.executor },
  });

/** Where `text` runs, one run after the other. */
async function places(kit: ExecutorKit, text: string, runs: number, options: RunOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for (let run = 0; run < runs; run++) {
    const before = kit.connections.map(({ executions }) => executions.length);
    await kit.executor.run(statement(text), options);
    const on = kit.connections.find(({ executions }, index) =>
      executions.slice(before[index] ?? 0).some((each) => each.statement.text === text),
    );
    found.push(on?.info.place ?? 'nowhere');
  }
  return found;
}

describe('a statement', () => {
  it('runs here as long as its results are small, and in a worker from when they are large', async () => {
    const kit = placed();
    expect(await places(kit, 'small', 3)).toEqual(['inline', 'inline', 'inline']);
    expect(await places(kit, 'large', 3)).toEqual(['inline', 'worker:1', 'worker:1']);
    expect(kit.executor.stats().statements).toMatchObject([{ text: 'small' }, { text: 'large', meanBytes: 2_000_000 }]);
  });

  it.each([
    ['worker', 'small', 'worker:1'],
    ['inline', 'large', 'inline'],
  ] as const)('with Placement %s runs there, whatever it is', async (placement, text, place) => {
    expect(await places(placed({ executor: { placement } }), text, 3)).toEqual([place, place, place]);
  });

  it('goes where its caller says', async () => {
    expect(await places(placed(), 'small', 2, { place: 'worker' })).toEqual(['worker:1', 'worker:1']);
    expect(await places(placed({ executor: { placement: 'worker' } }), 'small', 1, { place: 'inline' })).toEqual([
      'inline',
    ]);
  });

  it('whose result is read while it comes, or is no rows, runs in a worker from the first time', async () => {
    const kit = placed();
    const db = new Database('Main', kit.executor);
    await db.stream('a').next();
    await db.cursor('b').next();
    await db.columns('c');
    await db.json('d');
    await db.copyTo('copy e to stdout');
    expect(kit.connections.map(({ info }) => info.place)).toEqual(['worker:1']);
    expect(kit.connections[0]?.executions.map((each) => each.statement.text)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'copy e to stdout',
    ]);
  });

  it('never waits for a place', async () => {
    const kit = placed({ max: 1 });
    expect(await places(kit, 'small', 1)).toEqual(['inline']);
    expect(await places(kit, 'small', 2, { place: 'worker' })).toEqual(['inline', 'inline']);
    expect(kit.connections).toHaveLength(1);
  });

  it('goes to the worker with the least connections', async () => {
    const kit = placed({ onExecute: () => {} });
    for (let n = 0; n < 4; n++) void kit.executor.run(statement(), { place: 'worker' });
    await kit.clock.settle();
    expect(kit.connections.map(({ info }) => info.place).toSorted()).toEqual([
      'worker:1',
      'worker:1',
      'worker:2',
      'worker:2',
    ]);
  });

  it('shares connections of its place only', async () => {
    const kit = placed({ executor: { pipelines: 1 } });
    await places(kit, 'small', 3);
    await places(kit, 'small', 2, { place: 'worker' });
    expect(kit.executor.stats().pipelines).toMatchObject([{ place: 'inline' }]);
    const inWorker = placed({ executor: { pipelines: 1, placement: 'worker' } });
    await places(inWorker, 'small', 3);
    expect(inWorker.executor.stats().pipelines).toMatchObject([{ place: 'worker:1' }]);
  });
});

describe('slow statements', () => {
  const slow = { lane: 'slow' } as const;

  it('hold no more connections than they may, and fast ones find the others', async () => {
    const kit = executorKit({ max: 4, executor: { slowMax: 2 } });
    const results = Array.from({ length: 5 }, () => kit.executor.run(statement(), slow));
    await kit.clock.settle();
    expect(kit.sent()).toHaveLength(2);
    void kit.executor.run(statement('fast'), {});
    await kit.clock.settle();
    expect(kit.sent().at(-1)).toContain('fast');
    for (let turn = 0; turn < 5; turn++) {
      for (const { executions } of kit.connections)
        for (const each of executions) if (each.statement.text === 'select n') each.succeed();
      await kit.clock.settle();
    }
    await Promise.all(results);
    expect(kit.sent().filter((each) => each.endsWith('select n'))).toHaveLength(5);
  });

  it('count as long as they are read, if their caller calls them slow', async () => {
    const kit = executorKit({ max: 4, executor: { slowMax: 1 } });
    const db = new Database('Main', kit.executor);
    const [one, two] = [db.stream('one', [], slow), db.stream('two', [], slow)];
    const steps = [one.next(), two.next()];
    await kit.clock.settle();
    expect(kit.sent()).toEqual(['1: one']);
    kit.connections[0]?.last.succeed();
    await steps[0];
    await kit.clock.settle();
    expect(kit.sent()).toEqual(['1: one', '1: two']);
    kit.connections[0]?.last.succeed();
    await steps[1];
  });

  it('by measure count as well', async () => {
    const kit = executorKit({ max: 4, executor: { slowMax: 1 } });
    const first = kit.executor.run(statement(), {});
    await kit.clock.settle();
    kit.clock.advance(30);
    kit.connections[0]?.last.succeed();
    await first;
    for (let n = 0; n < 3; n++) void kit.executor.run(statement(), {});
    await kit.clock.settle();
    expect(kit.sent()).toHaveLength(2);
  });

  it('that are refused, cancelled or fail make room', async () => {
    const kit = executorKit({ max: 1, executor: { slowMax: 1 } });
    const lease = await kit.executor.acquire({});
    const inThePool = rejection(kit.executor.run(statement('a'), { ...slow, timeoutMs: 50 }));
    const inFront = rejection(kit.executor.run(statement('b'), { ...slow, timeoutMs: 20 }));
    const last = kit.executor.run(statement('c'), slow);
    await kit.clock.advanceAsync(50);
    expect([(await inThePool).step, (await inFront).step]).toEqual(['acquire', 'acquire']);
    await lease.release();
    await kit.clock.settle();
    expect(kit.sent()).toEqual(['1: c']);
    kit.connections[0]?.last.succeed();
    await last;
    expect(kit.executor.pool.stats()).toMatchObject({ leased: 0, waiting: 0 });
  });
});
