// Several statements in one flight: results for each, one error for all.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit } from '../../test-support/executor-kit.js';
import { rejection, thrown } from '../../test-support/failure.js';
import { END, FakeChunk, lost, statement } from '../../test-support/fake-connection.js';
import { skippedError } from '../connection/skipped-error.js';
import { databaseError } from '../errors/database.error.js';
import type { BatchPart } from '../connection/execution.js';
import type { RunOptions } from './run-options.js';
import type { PooledTransaction } from './transaction/pooled-transaction.js';
import { SLICE_MS } from './decode-scheduler.js';

const TEXTS = ['insert a', 'insert b', 'select c'];

async function sent(options: RunOptions = {}, texts = TEXTS) {
  const kit = executorKit();
  const result = kit.executor.runBatch(texts.map(statement), options);
  result.catch(() => {});
  await kit.clock.settle();
  return { ...kit, result, parts: kit.connections[0]?.batches[0] ?? [] };
}

const texts = (parts: readonly BatchPart[] = []): string[] => parts.map(({ statement: { text } }) => text);
const leased = ({ executor }: ExecutorKit): number => executor.pool.stats().leased;

describe('a batch', () => {
  it('is one flight, and gives a result for each, in order', async () => {
    const batch = await sent();
    expect(texts(batch.parts)).toEqual(TEXTS);
    batch.parts[2]?.sink.chunk(new FakeChunk([1, 2]));
    for (const [n, { sink }] of batch.parts.entries()) sink.end({ ...END, command: `C${n}` });
    expect(leased(batch)).toBe(0);
    expect((await batch.result).map(({ command, rows }) => [command, rows.length])).toEqual([
      ['C0', 0],
      ['C1', 0],
      ['C2', 2],
    ]);
  });

  it('keeps its connection until the last has ended', async () => {
    const batch = await sent();
    batch.parts[0]?.sink.end(END);
    batch.parts[1]?.sink.end(END);
    expect(leased(batch)).toBe(1);
    batch.parts[2]?.sink.end(END);
    await batch.result;
    expect(leased(batch)).toBe(0);
  });

  it('fails as a whole, with the error of the one that failed', async () => {
    const batch = await sent();
    batch.connections[0]?.leave();
    const twice = databaseError({ code: 'DB_UNIQUE', message: 'twice', sqlState: '23505' });
    batch.parts[0]?.sink.fail(skippedError(twice, 1, 'Main'));
    batch.parts[1]?.sink.fail(twice);
    batch.parts[2]?.sink.fail(skippedError(twice, 1, 'Main'));
    expect(await rejection(batch.result)).toMatchObject({
      code: 'DB_UNIQUE',
      message: 'statement 2 of 3: twice',
      statement: 1,
    });
    expect(batch.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('whose answer is lost is in doubt', async () => {
    const batch = await sent();
    for (const { sink } of batch.parts) sink.fail(lost('gone', true));
    expect(await rejection(batch.result)).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: true });
    expect(batch.executor.pool.stats().total).toBe(1); // closing
  });

  it('with large results decodes them in slices, and waits for all', async () => {
    const batch = await sent();
    const large = Array.from({ length: 1_280 }, (_, n) => n);
    for (const { sink } of batch.parts) {
      sink.chunk(new FakeChunk(large, () => batch.clock.advance(SLICE_MS / 4)));
      sink.end(END);
    }
    expect((await batch.result).map(({ rows }) => rows.length)).toEqual([1_280, 1_280, 1_280]);
  });

  it('is cancelled as a whole at its deadline', async () => {
    const batch = await sent({ timeoutMs: 50 });
    batch.clock.advance(50);
    expect(await rejection(batch.result)).toMatchObject({ code: 'DB_DEADLINE', inDoubt: true });
    expect(batch.connections[0]?.last.cancels).toEqual(['deadline']);
    for (const { sink } of batch.parts)
      sink.fail(databaseError({ code: 'DB_CANCELLED', message: 'no', sqlState: '57014' }));
    expect(leased(batch)).toBe(1);
    batch.connections[0]?.last.cancelled.resolve();
    await batch.clock.settle();
    expect(leased(batch)).toBe(0);
  });

  it('takes a longer time along, whose error is its own', async () => {
    const batch = await sent({ timeoutMs: 60_000 });
    expect(texts(batch.parts)).toEqual(['select pg_catalog.set_config($1, $2, true)', ...TEXTS]);
    for (const { sink } of batch.parts) sink.end(END);
    expect(await batch.result).toHaveLength(3);
  });

  it('of nothing is refused', () => {
    expect(thrown(() => void executorKit().executor.runBatch([], {})).code).toBe('DB_PARAMETERS');
  });

  it('prepares what was seen before', async () => {
    const batch = await sent({}, ['a', 'b', 'a']);
    expect(batch.parts.map(({ prepare }) => prepare)).toEqual([false, false, true]);
  });
});

it('a batch in a transaction takes BEGIN along', async () => {
  const kit = executorKit({
    onExecute: ({ statement: { text } }, connection) => {
      if (text === 'commit') setImmediate(() => connection.last.succeed());
    },
  });
  const done = kit.executor.transaction(async (tx) => {
    const results = (tx as PooledTransaction).runBatch(TEXTS.map(statement), {});
    await kit.clock.settle();
    const parts = kit.connections[0]?.batches[0] ?? [];
    expect(texts(parts)).toEqual(['begin', ...TEXTS]);
    Object.assign(kit.connections[0] ?? {}, { transactionStatus: 'T' });
    for (const { sink } of parts) sink.end(END);
    return (await results).length;
  }, {});
  expect(await done).toBe(3);
  expect(kit.sent().at(-1)).toBe('1: commit');
});
