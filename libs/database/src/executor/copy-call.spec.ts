// COPY FROM STDIN: pieces at the server's pace, and a source that is closed whatever happens.
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { executorKit } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { END, lost, settle, type FakeExecution } from '../../test-support/fake-connection.js';
import { Database } from '../database.js';
import { databaseError } from '../errors/database.error.js';
import type { CopySource } from './copy-source.js';
import type { StreamOptions } from './queryable.js';

async function sent(source: CopySource, options: StreamOptions = {}) {
  const kit = executorKit();
  const result = new Database('Main', kit.executor).copyFrom('copy t from stdin', source, options);
  result.catch(() => {});
  await settle();
  const execution = kit.connections[0]?.last as FakeExecution;
  return { ...kit, result, execution, copied: () => execution.copied.map((piece) => Buffer.from(piece).toString()) };
}

/** A source that tells whether it was closed. */
function watched(give: () => AsyncIterable<string | Uint8Array>) {
  const state = { closed: false };
  const source = (async function* () {
    try {
      yield* give();
    } finally {
      state.closed = true;
    }
  })();
  return { source, state };
}

describe('COPY', () => {
  it('is sent with its direction, and its source is not read before the server waits', async () => {
    let read = false;
    const run = await sent(
      (async function* () {
        read = true;
        yield 'é\n';
        yield Buffer.from('2\n');
      })(),
    );
    expect([run.execution.options.copy, run.execution.options.prepare, read]).toEqual(['in', false, false]);
    run.execution.sink.writable?.();
    await settle();
    expect([run.copied(), run.execution.copyEnded]).toEqual([['é\n', '2\n'], true]);
    run.execution.succeed({ ...END, command: 'COPY', rowCount: 2 });
    expect(await run.result).toEqual({ rowCount: 2 });
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('waits when the server does, in the middle of a large piece too', async () => {
    const run = await sent([Buffer.alloc(600_000), 'end']);
    run.execution.writable = false;
    run.execution.sink.writable?.();
    await settle();
    expect(run.execution.copied.map(({ length }) => length)).toEqual([262_144]);
    run.execution.sink.writable?.();
    await settle();
    expect(run.execution.copied).toHaveLength(2);
    run.execution.writable = true;
    run.execution.sink.writable?.();
    await settle();
    expect(run.execution.copied.map(({ length }) => length)).toEqual([262_144, 262_144, 75_712, 3]);
    expect(run.execution.copyEnded).toBe(true);
  });

  it('is undone by an error of its source, and the caller hears that very error', async () => {
    const mine = new Error('mine, with a secret');
    const run = await sent(
      // oxlint-disable-next-line require-yield
      (async function* () {
        throw mine;
      })(),
    );
    run.execution.sink.writable?.();
    await settle();
    expect(run.execution.copyEnded).toBe('the source of the data failed');
    run.execution.fail(databaseError({ code: 'DB_CANCELLED', message: 'COPY failed', sqlState: '57014' }));
    await expect(run.result).rejects.toBe(mine);
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('closes its source when the server refuses in the middle', async () => {
    const { source, state } = watched(async function* () {
      for (;;) {
        await settle();
        yield 'x\n';
      }
    });
    const run = await sent(source);
    run.execution.sink.writable?.();
    await settle();
    run.execution.fail(databaseError({ code: 'DB_DATA', message: 'no number', sqlState: '22P02' }));
    expect((await rejection(run.result)).code).toBe('DB_DATA');
    await settle();
    await settle();
    expect(state.closed).toBe(true);
  });

  it('ends at its deadline while its source is silent, and wakes nobody', async () => {
    const silent = new Readable({ read() {} });
    const run = await sent(silent, { timeoutMs: 50 });
    run.execution.sink.writable?.();
    await run.clock.advanceAsync(50);
    expect((await rejection(run.result)).code).toBe('DB_DEADLINE');
    expect([run.execution.cancels, silent.destroyed]).toEqual([['deadline'], true]);
    await run.execution.stop();
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('ends at its deadline while the server does not take its data', async () => {
    const { source, state } = watched(async function* () {
      for (;;) yield 'x\n';
    });
    const run = await sent(source, { timeoutMs: 50 });
    run.execution.writable = false;
    run.execution.sink.writable?.();
    await run.clock.advanceAsync(50);
    expect((await rejection(run.result)).code).toBe('DB_DEADLINE');
    await settle();
    expect([state.closed, run.execution.copied.length]).toEqual([true, 1]);
  });

  it('whose connection dies costs it', async () => {
    const run = await sent(new Readable({ read() {} }));
    run.execution.fail(lost());
    expect((await rejection(run.result)).code).toBe('DB_CONNECTION_LOST');
    expect(run.executor.pool.stats()).toMatchObject({ leased: 0, idle: 0 });
  });

  it('is told of a source that failed before anybody read it, which does not end the process', async () => {
    const source = new Readable({ read() {} });
    const mine = new Error('mine');
    const run = await sent(source);
    source.destroy(mine);
    await settle();
    run.execution.sink.writable?.();
    await settle();
    expect(run.execution.copyEnded).toBe('the source of the data failed');
    run.execution.fail(databaseError({ code: 'DB_CANCELLED', message: 'COPY failed', sqlState: '57014' }));
    await expect(run.result).rejects.toBe(mine);
  });
});
