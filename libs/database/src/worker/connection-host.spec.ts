// The worker's side without a worker or a server: what is asked reaches the connection as it was meant, and every request is
// answered exactly once.
import { describe, expect, it } from '@jest/globals';
import { END, FakeChunk, FakeConnection, lost, settle, statement } from '../../test-support/fake-connection.js';
import { MainEnd } from '../../test-support/thread-ends.js';
import { COMMAND, NO_LIMITS, type ConnectionEvents, type StepContext } from '../connection/connection.js';
import type { ChunkForm, TravellingChunk } from '../connection/chunk-form.js';
import type { ConnectRequest } from '../connection/connector.js';
import { deferred } from '../connection/deferred.js';
import { CHUNK_WINDOW, type ExecuteOptions } from '../connection/execution.js';
import { databaseError } from '../errors/database.error.js';
import { ConnectionHost, type HostConnector } from './connection-host.js';
import type { ToWorker } from './messages.js';

const REQUEST: ConnectRequest = {
  database: 'Main',
  host: 'db',
  port: 5432,
  password: 'secret',
  startup: {},
  preparedCacheSize: 10,
  types: 'pg',
  customTypes: [],
};

/** A chunk that can leave its thread. */
class Piece extends FakeChunk implements TravellingChunk {
  readonly fields = END.fields;

  transport(): ChunkForm {
    return { kind: 'raw', rowCount: this.rowCount, data: Buffer.from(this.numbers.join()) };
  }
}

interface Attempt {
  readonly context: StepContext;
  readonly events: ConnectionEvents;
  readonly result: ReturnType<typeof deferred<FakeConnection>>;
}

class Bench extends MainEnd {
  readonly attempts: Attempt[];

  constructor() {
    const attempts: Attempt[] = [];
    const connector: HostConnector = {
      place: 'worker:1',
      load: 0,
      connect: (_request, context, events) => {
        const attempt = { context, events, result: deferred<FakeConnection>() };
        attempts.push(attempt);
        return attempt.result.promise;
      },
    };
    super((answers) => {
      const host = new ConnectionHost(connector, answers);
      return Object.assign(host, { handle: host.handle.bind(host) }) as ConnectionHost & {
        handle(item: ToWorker): void;
      };
    });
    this.attempts = attempts;
  }

  async items(...items: ToWorker[]): Promise<void> {
    for (const item of items) this.ask((requests) => requests.item(item));
    await settle();
  }

  async open(number = 1): Promise<{ connection: FakeConnection; lose: () => void }> {
    await this.items({ kind: 'connect', connection: number, request: REQUEST, budgetMs: 1000 });
    const { events, result } = this.attempts.at(-1) as Attempt;
    const connection = new FakeConnection(number);
    result.resolve(connection);
    await settle();
    this.forget();
    return { connection, lose: () => events.lost(lost()) };
  }

  execute(id: number, options: Partial<ExecuteOptions> = {}, connection = 1): void {
    this.ask((requests) => requests.execute(connection, id, statement(), { ...COMMAND, ...options }));
  }

  credit(id: number, chunks = 1, connection = 1): void {
    this.ask((requests) => requests.owe({ connection, id, over: false, settleDebt: () => chunks }));
  }
}

describe('connecting', () => {
  it('is answered by what the main thread must know of the connection', async () => {
    const bench = new Bench();
    await bench.items({ kind: 'connect', connection: 7, request: REQUEST, budgetMs: 1000 });
    const connection = new FakeConnection();
    bench.attempts[0]?.result.resolve(connection);
    await settle();
    const { info, capabilities, cancelTarget } = connection;
    expect(bench.told).toEqual([{ kind: 'connected', connection: 7, info, capabilities, cancelTarget }]);
  });

  it('that fails is answered by its error, once', async () => {
    const bench = new Bench();
    await bench.items({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: 1000 });
    bench.attempts[0]?.result.reject(databaseError({ code: 'DB_AUTH_FAILED', message: 'no' }));
    await settle();
    bench.execute(1);
    expect(bench.told).toMatchObject([{ kind: 'connect-failed', connection: 1, error: { code: 'DB_AUTH_FAILED' } }]);
  });

  it('is given up when the main thread abandons it', async () => {
    const bench = new Bench();
    await bench.items({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: 1000.4 });
    const { context } = bench.attempts[0] as Attempt;
    expect(context.budgetMs).toBe(1000.4);
    expect(context.signal.aborted).toBe(false);
    await bench.items({ kind: 'abandon', connection: 1 });
    expect(context.signal.aborted).toBe(true);
  });

  it.each([5, 0.2, 0])('is given up when its time of %d ms is over', async (budgetMs) => {
    const bench = new Bench();
    await bench.items({ kind: 'connect', connection: 1, request: REQUEST, budgetMs });
    const { signal } = (bench.attempts[0] as Attempt).context;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(signal.aborted).toBe(true);
  });

  it('takes a budget without an end for one', async () => {
    const bench = new Bench();
    await bench.items({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: Infinity });
    expect(bench.attempts[0]?.context.signal.aborted).toBe(false);
    await bench.items({ kind: 'abandon', connection: 1 });
  });

  it('that is lost before it was told has failed: nobody is handed a dead connection', async () => {
    const bench = new Bench();
    await bench.items({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: 1000 });
    const { events, result } = bench.attempts[0] as Attempt;
    events.lost(lost('died at birth'));
    result.resolve(new FakeConnection());
    await settle();
    expect(bench.kinds).toEqual(['connect-failed']);
  });
});

describe('a message about a connection that is unknown', () => {
  it('is ignored: who asked has been told before', async () => {
    const bench = new Bench();
    const { lose } = await bench.open();
    lose();
    bench.forget();
    for (const connection of [1, 99]) {
      bench.execute(1, {}, connection);
      bench.credit(1, 1, connection);
      bench.ask((requests) => {
        requests.batch(connection, 5, [{ statement: statement(), prepare: true, sink: {} as never }], NO_LIMITS);
        requests.fetch(connection, 1);
        requests.finish(connection, 1);
        requests.copyData(connection, 1, Buffer.from('x'));
        requests.copyEnd(connection, 1);
      });
      await bench.items(
        { kind: 'cancel', connection, id: 2, execution: 1, reason: 'signal' },
        { kind: 'reset', connection, id: 3, mode: 'smart', budgetMs: 10 },
        { kind: 'ping', connection, id: 4, budgetMs: 10 },
        { kind: 'close', connection, id: 5, budgetMs: 10 },
        { kind: 'abort', connection, id: 5 },
        { kind: 'listen', connection, on: true },
        { kind: 'copy-fail', connection, id: 1, message: 'no' },
        { kind: 'abandon', connection },
      );
    }
    expect(bench.told).toEqual([]);
  });
});

describe('a statement', () => {
  it('is answered by its chunks in order and one end, with the status of the session', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    bench.execute(5);
    connection.last.push(new Piece([1, 2]));
    connection.last.push(new Piece([3]));
    connection.transactionStatus = 'T';
    connection.last.succeed();
    expect(bench.kinds).toEqual(['chunk 5', 'chunk 5', 'ended 5']);
    expect(bench.told[0]).toMatchObject({ form: 'raw', rowCount: 2, text: '1,2', shape: END.fields });
    expect(bench.told[2]).toMatchObject({ end: END, status: 'T' });
  });

  it('that fails is answered by its error and the status of the session', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    bench.execute(5);
    connection.transactionStatus = 'E';
    connection.last.fail(databaseError({ code: 'DB_UNIQUE', message: 'twice', constraint: 'key' }));
    expect(bench.told).toMatchObject([
      { kind: 'failed', id: 5, status: 'E', error: { code: 'DB_UNIQUE', constraint: 'key' } },
    ]);
  });

  it('is answered also when the connection throws, which it must not', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    connection.execute = () => {
      throw new TypeError('a fault of ours');
    };
    bench.execute(5);
    expect(bench.told).toMatchObject([
      { kind: 'failed', id: 5, error: { code: 'DB_PROTOCOL', message: 'a fault of ours' } },
    ]);
  });

  it('is known no more after its answer', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    bench.execute(5);
    connection.last.succeed();
    bench.credit(5);
    await bench.items({ kind: 'cancel', connection: 1, id: 6, execution: 5, reason: 'deadline' });
    expect(bench.kinds).toEqual(['ended 5', 'done 6']);
    expect(connection.last.cancels).toEqual([]);
    expect(connection.last.read).toBe(0);
  });

  it('reaches the connection with all that was asked of it', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    const prelude = [{ ...statement('begin'), touches: ['transaction' as const], reads: false, plain: false }];
    const options: ExecuteOptions = {
      form: 'ndjson',
      limits: { maxRows: 5, maxBytes: 2 ** 40 },
      prepare: false,
      prelude,
      shared: true,
      fetchRows: 100,
      copy: 'out',
    };
    bench.execute(5, options);
    const { prelude: before, ...rest } = connection.last.options;
    const { prelude: _, ...expected } = options;
    expect(rest).toEqual(expected);
    expect(before).toMatchObject([{ text: 'begin', touches: ['transaction'], reads: false, plain: false }]);
    expect(connection.last.statement).toMatchObject({ text: 'select n', reads: true, plain: true, touches: [] });
  });

  it('that is a cursor is fetched from, suspended and finished', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    bench.execute(5, { fetchRows: 10 });
    connection.last.sink.suspended?.();
    bench.ask((requests) => requests.fetch(1, 5));
    bench.ask((requests) => requests.finish(1, 5));
    expect(bench.kinds).toEqual(['suspended 5']);
    expect(connection.last).toMatchObject({ fetches: 1, finished: true });
  });
});

describe('a batch', () => {
  it('is one flight, whose statements are answered each by itself, under ids that follow one another', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    const part = (text: string): { statement: ReturnType<typeof statement>; prepare: boolean; sink: never } => ({
      statement: statement(text),
      prepare: text === 'b',
      sink: {} as never,
    });
    bench.ask((requests) => requests.batch(1, 8, [part('a'), part('b')], { maxRows: 3, maxBytes: 0 }));
    const [parts] = connection.batches;
    expect(parts).toMatchObject([
      { statement: { text: 'a' }, prepare: false },
      { statement: { text: 'b' }, prepare: true },
    ]);
    parts?.[0]?.sink.end(END);
    parts?.[1]?.sink.fail(lost());
    expect(bench.kinds).toEqual(['ended 8', 'failed 9']);
  });

  it('is cancelled and credited as one, by its first id', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    const parts = [0, 1].map(() => ({ statement: statement(), prepare: false, sink: {} as never }));
    bench.ask((requests) => requests.batch(1, 8, parts, NO_LIMITS));
    const [flight] = connection.batches;
    flight?.[1]?.sink.chunk(new Piece([1]));
    bench.credit(8);
    expect(connection.last.read).toBe(1);
    flight?.[0]?.sink.end(END);
    await bench.items({ kind: 'cancel', connection: 1, id: 20, execution: 8, reason: 'signal' });
    expect(connection.last.cancels).toEqual(['signal']);
  });
});

describe('back-pressure', () => {
  async function manyChunks(): Promise<{ bench: Bench; connection: FakeConnection; lose: () => void }> {
    const bench = new Bench();
    const opened = await bench.open();
    bench.execute(1);
    for (let n = 0; n < CHUNK_WINDOW; n++) opened.connection.last.push(new Piece([n]));
    return { bench, ...opened };
  }

  it('reaches the connection: nothing is taken from it before its reader has taken it', async () => {
    const { bench, connection } = await manyChunks();
    expect(bench.told).toHaveLength(CHUNK_WINDOW);
    expect(connection.last.read).toBe(0);
  });

  it('gives way by as many chunks as the reader took, and never by more than are unread', async () => {
    const { bench, connection } = await manyChunks();
    bench.credit(1, 3);
    expect(connection.last.read).toBe(3);
    bench.credit(1, 3);
    expect(connection.last.read).toBe(CHUNK_WINDOW);
  });

  it.each(['end', 'fail'] as const)('is over with the result (%s): the socket is the next statement’s', async (how) => {
    const { bench, connection } = await manyChunks();
    bench.credit(1);
    if (how === 'end') connection.last.succeed();
    else connection.last.fail(lost());
    expect(connection.last.read).toBe(CHUNK_WINDOW);
    bench.credit(1, 3);
    expect(connection.last.read).toBe(CHUNK_WINDOW);
  });

  it('is ended by a cancel: the stalled rest is read and dropped, and both requests are answered', async () => {
    const { bench, connection } = await manyChunks();
    bench.forget();
    await bench.items({ kind: 'cancel', connection: 1, id: 2, execution: 1, reason: 'deadline' });
    expect(connection.last.cancels).toEqual(['deadline']);
    expect(connection.last.read).toBe(CHUNK_WINDOW);
    connection.last.push(new Piece([9]));
    expect(connection.last.read).toBe(CHUNK_WINDOW + 1);
    bench.credit(1, 4);
    expect(connection.last.read).toBe(CHUNK_WINDOW + 1);
    connection.last.fail(databaseError({ code: 'DB_CANCELLED', message: 'm' }));
    connection.last.cancelled.resolve();
    await settle();
    expect(bench.kinds).toEqual(['failed 1', 'done 2']);
  });
});

describe('COPY … FROM STDIN', () => {
  async function copying(): Promise<{ bench: Bench; connection: FakeConnection }> {
    const bench = new Bench();
    const { connection } = await bench.open();
    bench.execute(1, { copy: 'in' });
    connection.last.sink.writable?.();
    return { bench, connection };
  }
  const texts = (connection: FakeConnection): string[] =>
    connection.last.copied.map((bytes) => Buffer.from(bytes).toString());

  it('hands the data on, in order, and says how much has gone', async () => {
    const { bench, connection } = await copying();
    bench.ask((requests) => requests.copyData(1, 1, Buffer.from('ab')));
    bench.ask((requests) => requests.copyData(1, 1, Buffer.from('cde')));
    bench.ask((requests) => requests.copyEnd(1, 1));
    expect(texts(connection)).toEqual(['ab', 'cde']);
    expect(connection.last.copyEnded).toBe(true);
    expect(bench.told).toEqual([
      { kind: 'writable', connection: 1, id: 1 },
      { kind: 'copyTaken', connection: 1, id: 1, bytes: 2 },
      { kind: 'copyTaken', connection: 1, id: 1, bytes: 3 },
    ]);
  });

  it('keeps what comes while the connection takes no more, its end included, and counts it when it goes', async () => {
    const { bench, connection } = await copying();
    bench.forget();
    connection.last.writable = false;
    for (const text of ['a', 'b', 'c']) bench.ask((requests) => requests.copyData(1, 1, Buffer.from(text)));
    bench.ask((requests) => requests.copyEnd(1, 1));
    expect(texts(connection)).toEqual(['a']);
    expect(bench.told).toHaveLength(1);
    connection.last.sink.writable?.();
    expect(texts(connection)).toEqual(['a', 'b']);
    expect(connection.last.copyEnded).toBeUndefined();
    connection.last.writable = true;
    connection.last.sink.writable?.();
    expect(texts(connection)).toEqual(['a', 'b', 'c']);
    expect(connection.last.copyEnded).toBe(true);
    expect(bench.told).toHaveLength(3);
  });

  it('given up is told at once, and what was kept is dropped', async () => {
    const { bench, connection } = await copying();
    connection.last.writable = false;
    for (const text of ['a', 'b']) bench.ask((requests) => requests.copyData(1, 1, Buffer.from(text)));
    await bench.items({ kind: 'copy-fail', connection: 1, id: 1, message: 'no more' });
    expect(connection.last.copyEnded).toBe('no more');
    connection.last.sink.writable?.();
    expect(texts(connection)).toEqual(['a']);
  });
});

describe('a cancel', () => {
  it('of a running statement is answered when it can hit nobody any more', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    bench.execute(1);
    await bench.items({ kind: 'cancel', connection: 1, id: 2, execution: 1, reason: 'signal' });
    expect(connection.last.cancels).toEqual(['signal']);
    connection.last.fail(databaseError({ code: 'DB_CANCELLED', message: 'm' }));
    await settle();
    expect(bench.kinds).toEqual(['failed 1']);
    connection.last.cancelled.resolve();
    await settle();
    expect(bench.kinds).toEqual(['failed 1', 'done 2']);
  });
});

describe('notifications', () => {
  it('are told from when they are wanted until they are not', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.items({ kind: 'listen', connection: 1, on: true });
    connection.listener?.('c', 'p', 4);
    expect(bench.told).toEqual([{ kind: 'notification', connection: 1, channel: 'c', payload: 'p', processId: 4 }]);
    await bench.items({ kind: 'listen', connection: 1, on: false });
    expect(connection.listener).toBeUndefined();
  });
});

describe('reset, ping and close', () => {
  const requests: [string, ToWorker][] = [
    ['reset', { kind: 'reset', connection: 1, id: 3, mode: 'discard-all', budgetMs: 20.5 }],
    ['ping', { kind: 'ping', connection: 1, id: 3, budgetMs: 20.5 }],
    ['close', { kind: 'close', connection: 1, id: 3, budgetMs: 20.5 }],
  ];

  it.each(requests)('%s runs on its budget and is answered once', async (what, message) => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.items(message);
    expect(connection.asked).toMatchObject([{ what, budgetMs: 20.5 }]);
    expect(bench.told).toEqual([{ kind: 'done', connection: 1, id: 3, status: 'I' }]);
  });

  it.each(requests)('%s that fails is answered by its error', async (_what, message) => {
    const bench = new Bench();
    const { connection } = await bench.open();
    connection.answer = Promise.reject(lost('broken'));
    await bench.items(message);
    expect(bench.told).toMatchObject([{ kind: 'failed', id: 3, error: { message: 'broken' }, status: 'I' }]);
  });

  it.each(requests)('%s is cut short when the main thread says so', async (_what, message) => {
    const bench = new Bench();
    const { connection } = await bench.open();
    connection.answer = new Promise(() => {});
    await bench.items({ ...message, budgetMs: 60_000 } as ToWorker);
    expect(connection.asked[0]?.signal.aborted).toBe(false);
    await bench.items({ kind: 'abort', connection: 1, id: 3 });
    expect(connection.asked[0]?.signal.aborted).toBe(true);
  });

  it('reset is asked for as it was meant', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.items({ kind: 'reset', connection: 1, id: 3, mode: 'discard-all', budgetMs: 5 });
    expect(connection.asked[0]?.mode).toBe('discard-all');
  });
});

describe('the loss of a connection', () => {
  it('is told last, after every statement has had its own error', async () => {
    const bench = new Bench();
    const { connection, lose } = await bench.open();
    bench.execute(1);
    bench.execute(2);
    const [running, queued] = connection.executions;
    running?.fail(lost('running', true));
    lose();
    expect(bench.kinds).toEqual(['failed 1']);
    queued?.fail(lost('queued', false));
    expect(bench.kinds).toEqual(['failed 1', 'failed 2', 'lost']);
    expect(bench.told[0]?.error).toMatchObject({ message: 'running', inDoubt: true });
    expect(bench.told[1]?.error).toMatchObject({ message: 'queued', inDoubt: false });
  });

  it('is told at once when nothing is pending, and once', async () => {
    const bench = new Bench();
    const { lose } = await bench.open();
    lose();
    expect(bench.told).toMatchObject([{ kind: 'lost', connection: 1, error: { code: 'DB_CONNECTION_LOST' } }]);
  });

  it('leaves the other connections alone', async () => {
    const bench = new Bench();
    const first = await bench.open(1);
    const second = await bench.open(2);
    bench.execute(1, {}, 1);
    bench.execute(1, {}, 2);
    first.connection.last.fail(lost());
    first.lose();
    second.connection.last.succeed();
    expect(bench.told.map(({ kind, connection }) => [kind, connection])).toEqual([
      ['failed', 1],
      ['lost', 1],
      ['ended', 2],
    ]);
  });
});
