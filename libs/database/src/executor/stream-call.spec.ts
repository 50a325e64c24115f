// Results that are read while they come: every way in which one can end, what its reader hears, and when the connection is
// free.
import { describe, expect, it } from '@jest/globals';
import { executorKit, type ExecutorKit, type KitOptions } from '../../test-support/executor-kit.js';
import { rejection } from '../../test-support/failure.js';
import { END, FakeChunk, lost, settle, type FakeExecution } from '../../test-support/fake-connection.js';
import { Database } from '../database.js';
import { databaseError } from '../errors/database.error.js';
import type { StreamOptions } from './queryable.js';
import { SLICE_MS } from './decode-scheduler.js';

interface Kit extends ExecutorKit {
  readonly db: Database;
  readonly last: () => FakeExecution;
}

function open(options: KitOptions = {}): Kit {
  const kit = executorKit({ max: 1, ...options });
  const last = (): FakeExecution => {
    const sent = kit.connections.flatMap(({ executions }) => executions).at(-1);
    if (!sent) throw new Error('nothing was sent');
    return sent;
  };
  return { ...kit, db: new Database('Main', kit.executor), last };
}

const pool = ({ executor }: Kit): [leased: number, idle: number] => {
  const { leased, idle } = executor.pool.stats();
  return [leased, idle];
};
const unique = () => databaseError({ code: 'DB_UNIQUE', message: 'no', sqlState: '23505' });

/** A result of each form, with its first piece read. `next` reads another. */
type Reading = { next(): Promise<IteratorResult<object, undefined>>; return(): Promise<unknown> };
type Start = (kit: Kit, options?: StreamOptions) => Promise<Reading>;

const bytes =
  (form: 'json' | 'ndjson' | 'copyTo'): Start =>
  async (kit, options) => {
    const opened =
      form === 'copyTo' ? kit.db.copyTo('copy t to stdout', options) : kit.db[form]('select n', [], options);
    await settle();
    kit.last().chunk(1);
    const iterator = (await opened).chunks[Symbol.asyncIterator]() as unknown as Reading;
    await iterator.next();
    return iterator;
  };

const FORMS: readonly (readonly [string, Start])[] = [
  [
    'stream',
    async (kit, options) => {
      const stream = kit.db.stream('select n', [], options);
      const first = stream.next();
      await settle();
      kit.last().chunk(1);
      expect(await first).toEqual({ value: { n: 1 }, done: false });
      return stream;
    },
  ],
  ['json', bytes('json')],
  ['ndjson', bytes('ndjson')],
  ['copyTo', bytes('copyTo')],
];

describe.each(FORMS)('%s', (_form, start) => {
  it('is read to its end, and the connection is free before that', async () => {
    const kit = open();
    const reading = await start(kit);
    kit.last().chunk(2);
    kit.last().succeed();
    expect(pool(kit)).toEqual([0, 1]);
    expect((await reading.next()).done).toBe(false);
    expect([await reading.next(), await reading.next()]).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
    expect(kit.last().read).toBe(2);
  });

  it('what is here can be read after the deadline, when all of it is here', async () => {
    const kit = open();
    const reading = await start(kit, { timeoutMs: 100 });
    kit.last().chunk(2);
    kit.last().succeed();
    await kit.clock.advanceAsync(1_000);
    expect((await reading.next()).done).toBe(false);
    expect((await reading.next()).done).toBe(true);
  });

  it('that is left early is cancelled once, and its connection is kept until nobody can be hit', async () => {
    const kit = open();
    const reading = await start(kit);
    kit.last().chunk(2);
    await reading.return();
    await reading.return();
    expect([kit.last().cancels, pool(kit)]).toEqual([['reader-left'], [1, 0]]);
    expect(kit.last().read).toBe(2);
    await kit.last().stop();
    expect(pool(kit)).toEqual([0, 1]);
    expect(await reading.next()).toEqual({ value: undefined, done: true });
  });

  it('that is left while its next piece is waited for gives that up', async () => {
    const kit = open();
    const reading = await start(kit);
    const waiting = reading.next();
    await reading.return();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(kit.last().cancels).toEqual(['reader-left']);
  });

  it('that fails in the middle tells its reader, and gives the connection back', async () => {
    const kit = open();
    const reading = await start(kit);
    const waiting = reading.next();
    kit.last().fail(unique());
    expect(await rejection(waiting)).toMatchObject({ code: 'DB_UNIQUE', database: 'Main' });
    expect([pool(kit), await reading.next()]).toEqual([[0, 1], { value: undefined, done: true }]);
  });

  it('whose connection dies in the middle costs that connection', async () => {
    const kit = open();
    const reading = await start(kit);
    kit.last().fail(lost());
    expect((await rejection(reading.next())).code).toBe('DB_CONNECTION_LOST');
    expect(pool(kit)).toEqual([0, 0]);
  });

  it('ends at the deadline, which is that of the whole reading', async () => {
    const kit = open();
    const reading = await start(kit, { timeoutMs: 100 });
    const waiting = reading.next();
    await kit.clock.advanceAsync(100);
    expect((await rejection(waiting)).code).toBe('DB_DEADLINE');
    expect(kit.last().cancels).toEqual(['deadline']);
    await kit.last().stop();
    expect(pool(kit)).toEqual([0, 1]);
  });

  it('that nobody reads on ends at the default deadline: no lease is held for ever', async () => {
    const kit = open();
    const reading = await start(kit);
    await kit.clock.advanceAsync(10_999);
    expect(kit.last().cancels).toEqual([]);
    await kit.clock.advanceAsync(1);
    expect(kit.last().cancels).toEqual(['deadline']);
    await kit.last().stop();
    expect(pool(kit)).toEqual([0, 1]);
    expect((await rejection(reading.next())).code).toBe('DB_DEADLINE');
  });

  it('ends with its signal', async () => {
    const kit = open();
    const controller = new AbortController();
    const reading = await start(kit, { signal: controller.signal });
    const reason = new Error('mine');
    controller.abort(reason);
    expect(await rejection(reading.next())).toMatchObject({ code: 'DB_CANCELLED', cause: reason });
    expect(kit.last().cancels).toEqual(['signal']);
  });

  it('has no limit of rows or bytes', async () => {
    const kit = open({ limits: { maxRows: 1, maxBytes: 1 } });
    await start(kit);
    expect(kit.last().options.limits).toEqual({ maxRows: 0, maxBytes: 0 });
  });

  it('holds what its reader has not taken, and no credit for it', async () => {
    const kit = open();
    const reading = await start(kit);
    for (let n = 0; n < 4; n++) kit.last().chunk(n);
    await settle();
    expect(kit.last().read).toBe(1);
    await reading.next();
    expect(kit.last().read).toBe(2);
  });
});

describe('stream', () => {
  it('gives up its place in the pool when it is left before a connection is there', async () => {
    const kit = open();
    const lease = kit.db.acquire();
    await settle();
    const stream = kit.db.stream('select n');
    const first = stream.next();
    await stream.return();
    expect(await first).toEqual({ value: undefined, done: true });
    await (await lease).release();
    await settle();
    expect([pool(kit), kit.connections[0]?.executions.length]).toEqual([[0, 1], 0]);
  });

  it('answers several steps at once in their order', async () => {
    const kit = open();
    const stream = kit.db.stream('select n');
    const steps = [stream.next(), stream.next(), stream.next(), stream.next()];
    await settle();
    kit.last().chunk(1, 2);
    kit.last().chunk(3);
    kit.last().succeed();
    expect(await Promise.all(steps)).toEqual([
      ...[1, 2, 3].map((n) => ({ value: { n }, done: false })),
      { value: undefined, done: true },
    ]);
  });

  it('ends with an error of a codec; what is left is cancelled, and the connection lives', async () => {
    const kit = open();
    const stream = kit.db.stream('select n');
    const first = stream.next();
    await settle();
    kit.last().push(
      new FakeChunk([1], () => {
        throw new Error('codec');
      }),
    );
    expect((await rejection(first)).message).toContain('codec');
    expect([kit.last().cancels, kit.last().read]).toEqual([['reader-left'], 1]);
    await kit.last().stop();
    expect(pool(kit)).toEqual([0, 1]);
  });

  it('decodes at most a slice in one turn of the loop, and only what is asked for', async () => {
    const kit = open();
    const chunk = new FakeChunk(
      Array.from({ length: 128 * 10 }, (_, n) => n),
      () => kit.clock.advance(SLICE_MS / 4),
    );
    const stream = kit.db.stream('select n');
    const first = stream.next();
    await settle();
    kit.last().push(chunk);
    kit.last().succeed();
    await first;
    expect(chunk.slices).toEqual([128]);
    let rows = 1;
    const reading = (async () => {
      for await (const _ of stream) rows++;
    })();
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    await new Promise((resolve) => process.nextTick(resolve));
    expect(chunk.slices.length).toBeLessThanOrEqual(8);
    await reading;
    expect([rows, chunk.slices.length]).toEqual([1280, 10]);
  });

  it('is read once', async () => {
    const kit = open();
    const stream = kit.db.stream('select n');
    stream[Symbol.asyncIterator]();
    expect(() => stream[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'DB_RELEASED' }));
  });

  it('sends what is longer than the server allows with a longer time', async () => {
    const kit = open();
    void kit.db.stream('select n', [], { timeoutMs: 60_000 }).next();
    await settle();
    expect(kit.last().options.prelude?.[0]?.parameters).toEqual(['statement_timeout', '61000']);
  });

  it('does not begin anew once a part of it was seen', async () => {
    const kit = open();
    const stream = kit.db.stream('select n', [], { timeoutMs: 60_000 });
    const first = stream.next();
    await settle();
    kit.last().chunk(1);
    await first;
    kit.last().fail(databaseError({ code: 'DB_QUERY', message: 'from a function', sqlState: '25001' }));
    expect((await rejection(stream.next())).sqlState).toBe('25001');
    expect(kit.connections[0]?.executions).toHaveLength(1);
  });
});

describe('json', () => {
  it('settles with its first bytes, and with an error before them', async () => {
    const kit = open();
    let settled = false;
    const json = kit.db.json('select n').finally(() => (settled = true));
    await settle();
    expect(settled).toBe(false);
    kit.last().fail(unique());
    expect(await rejection(json)).toMatchObject({ code: 'DB_UNIQUE', database: 'Main' });
    expect(pool(kit)).toEqual([0, 1]);
  });

  it('tells the count at its end, and nobody has to ask', async () => {
    const kit = open();
    const opened = kit.db.json('select n');
    await settle();
    kit.last().chunk(1);
    kit.last().succeed({ ...END, rowCount: 7 });
    expect(await (await opened).rowCount).toBe(7);
    const left = kit.db.json('select n');
    await settle();
    kit.last().chunk(1);
    const result = await left;
    await result.cancel();
    expect((await rejection(result.rowCount)).code).toBe('DB_CANCELLED');
  });

  it('as a Node stream asks for one piece at a time, and leaves when it is destroyed', async () => {
    const kit = open();
    const opened = kit.db.json('select n');
    await settle();
    kit.last().chunk(1);
    const readable = (await opened).toReadable();
    readable.on('data', () => readable.pause());
    await settle();
    for (let n = 0; n < 20; n++) kit.last().push(new FakeChunk(Array.from({ length: 10_000 }, (_, i) => i)));
    await settle();
    expect(kit.last().read).toBeLessThan(4);
    readable.destroy();
    await settle();
    expect(kit.last().cancels).toEqual(['reader-left']);
    expect((await opened).toReadable).toThrow();
  });
});

describe('cursor', () => {
  it('asks for portions when its reader does, and closes the portal when he leaves between two', async () => {
    const kit = open();
    const cursor = kit.db.cursor('select n', [], { fetchRows: 2 });
    const first = cursor.next();
    await settle();
    expect(kit.last().options.fetchRows).toBe(2);
    kit.last().chunk(1);
    kit.last().chunk(2);
    kit.last().sink.suspended?.();
    expect(await first).toEqual({ value: [{ n: 1 }, { n: 2 }], done: false });
    await settle();
    expect(kit.last().fetches).toBe(0);
    const second = cursor.next();
    await settle();
    expect(kit.last().fetches).toBe(1);
    kit.last().chunk(3);
    kit.last().sink.suspended?.();
    await second;
    await cursor.return();
    expect([kit.last().finished, kit.last().cancels]).toEqual([true, []]);
    kit.last().succeed();
    expect(pool(kit)).toEqual([0, 1]);
  });

  it('is cancelled when its reader leaves while a portion is on its way', async () => {
    const kit = open();
    const cursor = kit.db.cursor('select n');
    const first = cursor.next();
    await settle();
    await cursor.return();
    expect([kit.last().cancels, (await first).done]).toEqual([['reader-left'], true]);
  });
});

describe('inside a transaction', () => {
  const begun = async (
    act: (tx: Parameters<Parameters<Database['transaction']>[0]>[0], kit: Kit) => Promise<unknown>,
  ) => {
    const kit = open({
      onExecute: (execution, connection) => {
        connection.transactionStatus = 'T';
        if (/^(?:commit|rollback)/.test(execution.statement.text)) {
          connection.transactionStatus = 'I';
          setImmediate(() => execution.succeed());
        }
      },
    });
    const done = kit.db.transaction((tx) => act(tx, kit));
    done.catch(() => {});
    return { kit, done };
  };

  it('rows come by a portal: fetched ahead, and closed without a cancel when the reader leaves', async () => {
    const { kit, done } = await begun(async (tx, { last }) => {
      const stream = tx.stream('select n');
      const first = stream.next();
      await settle();
      last().chunk(1);
      await first;
      last().sink.suspended?.();
      await settle();
      expect(last().fetches).toBe(1);
      await stream.return();
      expect([last().finished, last().cancels]).toEqual([true, []]);
      last().chunk(2);
      expect(last().read).toBe(2);
      setImmediate(() => last().succeed());
    });
    await done;
    expect(kit.sent().at(-1)).toBe('1: commit');
    expect(pool(kit)).toEqual([0, 1]);
  });

  it('what its reader does not take is not fetched', async () => {
    await (
      await begun(async (tx, { last }) => {
        const stream = tx.stream('select n');
        const first = stream.next();
        await settle();
        for (const n of [1, 2, 3]) last().chunk(n);
        await first;
        last().sink.suspended?.();
        await settle();
        expect(last().fetches).toBe(0);
        await stream.next();
        expect(last().fetches).toBe(1);
        setImmediate(() => last().succeed());
        await stream.return();
      })
    ).done;
  });

  it('its end ends what is still being read', async () => {
    let reading: AsyncIterator<unknown> | undefined;
    const { done } = await begun(async (tx, { last }) => {
      reading = tx.stream('select n');
      void reading.next();
      await settle();
      last().chunk(1);
      setImmediate(() => last().succeed());
    });
    await done;
    expect((await rejection(reading?.next() as Promise<unknown>)).code).toBe('DB_TX_CLOSED');
  });
});

it('a lease that is released ends what is still being read, and waits for nobody', async () => {
  const kit = open();
  const acquiring = kit.db.acquire();
  await settle();
  const lease = await acquiring;
  const stream = lease.stream('select n');
  const first = stream.next();
  await settle();
  kit.last().chunk(1);
  await first;
  const released = lease.release();
  expect((await rejection(stream.next())).code).toBe('DB_RELEASED');
  expect(kit.last().cancels).toEqual(['reader-left']);
  await kit.last().stop();
  await released;
  expect(pool(kit)).toEqual([0, 1]);
});
