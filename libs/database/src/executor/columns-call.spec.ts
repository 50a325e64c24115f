// Columns of a result that came in chunks: joined, in turns, and what happens when that cannot be.
import { describe, expect, it } from '@jest/globals';
import { executorKit } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { END, FakeChunk, settle, type FakeExecution } from '../../test-support/fake-connection.js';
import type { Column } from '../connection/execution.js';
import { Database } from '../database.js';
import type { QueryOptions } from '../query/query-options.js';
import { SLICE_MS } from './decode-scheduler.js';

/** Columns as they are given. */
class ColumnsChunk extends FakeChunk {
  constructor(
    rows: number,
    private readonly made: () => readonly Column[],
  ) {
    super(Array.from({ length: rows }, (_, n) => n));
  }

  override columns(): readonly Column[] {
    return this.made();
  }
}

async function sent(options: QueryOptions = {}) {
  const kit = executorKit();
  const result = new Database('Main', kit.executor).columns('select n', [], options);
  result.catch(() => {});
  await settle();
  return { ...kit, result, execution: kit.connections[0]?.last as FakeExecution };
}

const column = (values: ArrayLike<unknown>, nulls?: number[]): Column => ({
  name: 'c',
  typeOid: 23,
  values,
  ...(nulls && { nulls: Uint8Array.from(nulls) }),
});

describe('columns', () => {
  it('of one chunk are that chunk’s own memory', async () => {
    const run = await sent();
    const values = Int32Array.of(1, 2);
    run.execution.push(new ColumnsChunk(2, () => [column(values)]));
    run.execution.succeed();
    const { columns, rowCount } = await run.result;
    expect([columns[0]?.values === values, rowCount]).toEqual([true, 2]);
  });

  it('of several are joined: typed arrays, arrays, and NULLs where any chunk has them', async () => {
    const run = await sent();
    run.execution.push(new ColumnsChunk(2, () => [column(Int32Array.of(1, 2)), column(['a', 'b'])]));
    run.execution.push(new ColumnsChunk(1, () => [column(Int32Array.of(0), [1]), column([null], [1])]));
    run.execution.succeed({ ...END, rowCount: 3 });
    const { columns } = await run.result;
    expect(columns).toEqual([
      { name: 'c', typeOid: 23, values: Int32Array.of(1, 2, 0), nulls: Uint8Array.of(0, 0, 1) },
      { name: 'c', typeOid: 23, values: ['a', 'b', null], nulls: Uint8Array.of(0, 0, 1) },
    ]);
    expect([run.execution.read, run.executor.pool.stats().idle]).toEqual([2, 1]);
  });

  it('are made in turns of at most a slice', async () => {
    const run = await sent();
    let made = 0;
    const slow = (): Column => ({
      name: 'c',
      typeOid: 25,
      get values() {
        made++;
        run.clock.advance(SLICE_MS / 4);
        return ['x'];
      },
    });
    for (let n = 0; n < 4; n++) run.execution.push(new ColumnsChunk(1, () => [slow(), slow(), slow()]));
    run.execution.succeed();
    expect(made).toBeLessThanOrEqual(4);
    expect((await run.result).columns[2]?.values).toEqual(['x', 'x', 'x', 'x']);
  });

  it('that cannot be decoded are an error; the connection lives and the rest is read', async () => {
    const run = await sent();
    const broken = (): Column => ({
      name: 'c',
      typeOid: 25,
      get values(): never {
        throw new Error('codec');
      },
    });
    run.execution.push(new ColumnsChunk(1, () => [broken()]));
    run.execution.push(new ColumnsChunk(1, () => [column(['x'])]));
    run.execution.succeed();
    expect((await rejection(run.result)).message).toContain('codec');
    expect([run.execution.read, run.executor.pool.stats().idle]).toEqual([2, 1]);
  });

  it('end at the deadline, and with them what was held', async () => {
    const run = await sent({ timeoutMs: 50 });
    run.execution.push(new ColumnsChunk(1, () => [column(['x'])]));
    await run.clock.advanceAsync(50);
    expect((await rejection(run.result)).code).toBe('DB_DEADLINE');
    expect(run.execution.cancels).toEqual(['deadline']);
    await run.execution.stop();
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });
});
