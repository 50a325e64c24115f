// The worker's side without a worker or a server: messages in, messages out, and every request answered exactly once.
import { describe, expect, it } from '@jest/globals';
import { FakeConnection, lost, settle, statement } from '../../test-support/fake-connection.js';
import type { ConnectionEvents, StepContext } from '../connection/connection.js';
import { CHUNK_WINDOW } from '../connection/execution.js';
import { deferred } from '../connection/deferred.js';
import { databaseError } from '../errors/database.error.js';
import { ConnectionHost, type HostConnector } from './connection-host.js';
import type { FromWorker, ToWorker } from './messages.js';

const LIMITS = { maxRows: 0, maxBytes: 0 };
const REQUEST = { database: 'Main', host: 'db', port: 5432, password: 'secret', startup: {} };

interface Attempt {
  readonly context: StepContext;
  readonly events: ConnectionEvents;
  readonly result: ReturnType<typeof deferred<FakeConnection>>;
}

class Bench {
  readonly sent: FromWorker[] = [];
  readonly attempts: Attempt[] = [];
  readonly host: ConnectionHost;

  constructor() {
    const connector: HostConnector = {
      place: 'worker:1',
      load: 0,
      connect: (_request, context, events) => {
        const attempt = { context, events, result: deferred<FakeConnection>() };
        this.attempts.push(attempt);
        return attempt.result.promise;
      },
    };
    this.host = new ConnectionHost(connector, (message) => this.sent.push(message));
  }

  async handle(...messages: ToWorker[]): Promise<void> {
    for (const message of messages) this.host.handle(message);
    await settle();
  }

  async open(number = 1): Promise<{ connection: FakeConnection; lose: () => Promise<void> }> {
    await this.handle({ kind: 'connect', connection: number, request: REQUEST, budgetMs: 1000 });
    const { events, result } = this.attempts.at(-1) as Attempt;
    const connection = new FakeConnection(number);
    result.resolve(connection);
    await settle();
    this.sent.length = 0;
    return {
      connection,
      lose: () => {
        events.lost(lost());
        return settle();
      },
    };
  }

  kinds(): string[] {
    return this.sent.map((message) => ('id' in message ? `${message.kind} ${message.id}` : message.kind));
  }
}

const execute = (id: number, connection = 1): ToWorker => ({
  kind: 'execute',
  connection,
  id,
  statement: statement(),
  limits: LIMITS,
});
const failed = (sent: readonly FromWorker[], id: number): Extract<FromWorker, { kind: 'failed' }> =>
  sent.find((message) => message.kind === 'failed' && message.id === id) as Extract<FromWorker, { kind: 'failed' }>;

describe('connecting', () => {
  it('is answered by what the main thread must know of the connection', async () => {
    const bench = new Bench();
    await bench.handle({ kind: 'connect', connection: 7, request: REQUEST, budgetMs: 1000 });
    const connection = new FakeConnection();
    bench.attempts[0]?.result.resolve(connection);
    await settle();
    const { info, capabilities, cancelTarget } = connection;
    expect(bench.sent).toEqual([{ kind: 'connected', connection: 7, info, capabilities, cancelTarget }]);
    expect(() => structuredClone(bench.sent)).not.toThrow();
  });

  it('that fails is answered by its error, once', async () => {
    const bench = new Bench();
    await bench.handle({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: 1000 });
    bench.attempts[0]?.result.reject(databaseError({ code: 'DB_AUTH_FAILED', message: 'no' }));
    await settle();
    expect(bench.sent).toMatchObject([{ kind: 'connect-failed', connection: 1, error: { code: 'DB_AUTH_FAILED' } }]);
    await bench.handle(execute(1));
    expect(bench.sent).toHaveLength(1);
  });

  it('is given up when the main thread abandons it', async () => {
    const bench = new Bench();
    await bench.handle({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: 1000.4 });
    const { context } = bench.attempts[0] as Attempt;
    expect(context.budgetMs).toBe(1000.4);
    expect(context.signal.aborted).toBe(false);
    await bench.handle({ kind: 'abandon', connection: 1 });
    expect(context.signal.aborted).toBe(true);
  });

  it('is given up when its time is over', async () => {
    const bench = new Bench();
    await bench.handle({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: 5 });
    const { signal } = (bench.attempts[0] as Attempt).context;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(signal.aborted).toBe(true);
  });

  it('that is lost before it was told has failed: nobody is handed a dead connection', async () => {
    const bench = new Bench();
    await bench.handle({ kind: 'connect', connection: 1, request: REQUEST, budgetMs: 1000 });
    const { events, result } = bench.attempts[0] as Attempt;
    events.lost(lost('died at birth'));
    result.resolve(new FakeConnection());
    await settle();
    expect(bench.kinds()).toEqual(['connect-failed']);
  });
});

describe('a message about a connection that is unknown', () => {
  it('is ignored: who asked has been told before', async () => {
    const bench = new Bench();
    const { lose } = await bench.open();
    await lose();
    bench.sent.length = 0;
    for (const connection of [1, 99]) {
      await bench.handle(
        execute(1, connection),
        { kind: 'credit', connection, execution: 1 },
        { kind: 'cancel', connection, id: 2, execution: 1, reason: 'signal' },
        { kind: 'reset', connection, id: 3, mode: 'smart', budgetMs: 10 },
        { kind: 'ping', connection, id: 4, budgetMs: 10 },
        { kind: 'close', connection, id: 5, budgetMs: 10 },
        { kind: 'abandon', connection },
      );
    }
    expect(bench.sent).toEqual([]);
  });
});

describe('a statement', () => {
  it('is answered by its chunks in order and one end, with the status of the session', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.handle(execute(5));
    connection.last.chunk(1, 2);
    connection.last.chunk(3);
    connection.transactionStatus = 'T';
    connection.last.finish();
    await settle();
    expect(bench.kinds()).toEqual(['chunk 5', 'chunk 5', 'ended 5']);
    expect(bench.sent[0]).toMatchObject({ chunk: { rowCount: 2, cells: ['1', '2'] } });
    expect(bench.sent.at(-1)).toMatchObject({ end: { command: 'SELECT' }, status: 'T' });
    expect(() => structuredClone(bench.sent)).not.toThrow();
  });

  it('that fails is answered by its error and the status of the session', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.handle(execute(5));
    connection.transactionStatus = 'E';
    connection.last.fail(databaseError({ code: 'DB_UNIQUE', message: 'twice', constraint: 'key' }));
    await settle();
    expect(bench.kinds()).toEqual(['failed 5']);
    expect(bench.sent[0]).toMatchObject({ status: 'E', error: { code: 'DB_UNIQUE', constraint: 'key' } });
  });

  it('is known no more after its answer', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.handle(execute(5));
    connection.last.finish();
    await settle();
    await bench.handle({ kind: 'credit', connection: 1, execution: 5 });
    await bench.handle({ kind: 'cancel', connection: 1, id: 6, execution: 5, reason: 'deadline' });
    expect(bench.kinds()).toEqual(['ended 5', 'ended 6']);
    expect(connection.last.cancels).toEqual([]);
  });
});

describe('back-pressure', () => {
  async function manyChunks(): Promise<{ bench: Bench; connection: FakeConnection; lose: () => Promise<void> }> {
    const bench = new Bench();
    const opened = await bench.open();
    await bench.handle(execute(1));
    for (let n = 0; n < CHUNK_WINDOW + 3; n++) opened.connection.last.chunk(n);
    opened.connection.last.finish();
    await settle();
    return { bench, ...opened };
  }
  const credit: ToWorker = { kind: 'credit', connection: 1, execution: 1 };
  const chunks = (bench: Bench): number => bench.sent.filter(({ kind }) => kind === 'chunk').length;

  it('stops at the window: nothing more is sent, and nothing more is read from the connection', async () => {
    const { bench, connection } = await manyChunks();
    expect(chunks(bench)).toBe(CHUNK_WINDOW);
    expect(connection.last.read).toBe(CHUNK_WINDOW);
    expect(bench.sent).toHaveLength(CHUNK_WINDOW);
  });

  it('goes on by one chunk a credit, to the end', async () => {
    const { bench } = await manyChunks();
    for (let n = 1; n <= 3; n++) {
      await bench.handle(credit);
      expect(chunks(bench)).toBe(CHUNK_WINDOW + n);
    }
    await bench.handle(credit);
    expect(bench.kinds().at(-1)).toBe('ended 1');
  });

  it('counts credits that came before they were needed', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.handle(execute(1), credit, credit);
    for (let n = 0; n < CHUNK_WINDOW + 3; n++) connection.last.chunk(n);
    await settle();
    expect(chunks(bench)).toBe(CHUNK_WINDOW + 2);
  });

  it('is ended by a cancel: the stalled rest is read and dropped, and both requests are answered', async () => {
    const { bench, connection } = await manyChunks();
    bench.sent.length = 0;
    await bench.handle({ kind: 'cancel', connection: 1, id: 2, execution: 1, reason: 'deadline' });
    expect(connection.last.cancels).toEqual(['deadline']);
    expect(bench.kinds()).toEqual(['ended 1']);
    expect(connection.last.read).toBe(CHUNK_WINDOW + 3);
    connection.last.cancelled.resolve();
    await settle();
    expect(bench.kinds()).toEqual(['ended 1', 'ended 2']);
  });

  it('ends for a lost connection as soon as the reader goes on: its error, then the loss', async () => {
    const bench = new Bench();
    const { connection, lose } = await bench.open();
    await bench.handle(execute(1));
    for (let n = 0; n < CHUNK_WINDOW + 3; n++) connection.last.chunk(n);
    await settle();
    connection.last.fail(lost('mine', true));
    await lose();
    await bench.handle(credit);
    expect(bench.kinds().slice(CHUNK_WINDOW)).toEqual(['failed 1', 'lost']);
  });
});

describe('a cancel', () => {
  it('of a running statement is answered when it can hit nobody any more', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.handle(execute(1), { kind: 'cancel', connection: 1, id: 2, execution: 1, reason: 'signal' });
    expect(connection.last.cancels).toEqual(['signal']);
    connection.last.fail(databaseError({ code: 'DB_CANCELLED', message: 'm' }));
    await settle();
    expect(bench.kinds()).toEqual(['failed 1']);
    connection.last.cancelled.resolve();
    await settle();
    expect(bench.kinds()).toEqual(['failed 1', 'ended 2']);
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
    await bench.handle(message);
    expect(connection.asked).toMatchObject([{ what, budgetMs: 20.5 }]);
    expect(bench.sent).toEqual([{ kind: 'ended', connection: 1, id: 3, end: undefined, status: 'I' }]);
  });

  it.each(requests)('%s that fails is answered by its error', async (_what, message) => {
    const bench = new Bench();
    const { connection } = await bench.open();
    connection.answer = Promise.reject(lost('broken'));
    await bench.handle(message);
    expect(bench.sent).toMatchObject([{ kind: 'failed', id: 3, error: { message: 'broken' }, status: 'I' }]);
  });

  it('reset is asked for as it was meant', async () => {
    const bench = new Bench();
    const { connection } = await bench.open();
    await bench.handle({ kind: 'reset', connection: 1, id: 3, mode: 'discard-all', budgetMs: 5 });
    expect(connection.asked[0]?.mode).toBe('discard-all');
  });
});

describe('the loss of a connection', () => {
  it('is told last, after every statement has had its own error', async () => {
    const bench = new Bench();
    const { connection, lose } = await bench.open();
    await bench.handle(execute(1), execute(2));
    const [running, queued] = connection.executions;
    const losing = lose();
    running?.fail(lost('running', true));
    await losing;
    expect(bench.kinds()).toEqual(['failed 1']);
    queued?.fail(lost('queued', false));
    await settle();
    expect(bench.kinds()).toEqual(['failed 1', 'failed 2', 'lost']);
    expect(failed(bench.sent, 1).error).toMatchObject({ message: 'running', inDoubt: true });
    expect(failed(bench.sent, 2).error).toMatchObject({ message: 'queued', inDoubt: false });
  });

  it('is told at once when nothing is pending, and once', async () => {
    const bench = new Bench();
    const { lose } = await bench.open();
    await lose();
    expect(bench.sent).toMatchObject([{ kind: 'lost', connection: 1, error: { code: 'DB_CONNECTION_LOST' } }]);
  });

  it('leaves the other connections alone', async () => {
    const bench = new Bench();
    const first = await bench.open(1);
    const second = await bench.open(2);
    await bench.handle(execute(1, 1), execute(1, 2));
    first.connection.last.fail(lost());
    await first.lose();
    second.connection.last.finish();
    await settle();
    expect(bench.sent.map(({ kind, ...rest }) => [kind, 'connection' in rest && rest.connection])).toEqual([
      ['failed', 1],
      ['lost', 1],
      ['ended', 2],
    ]);
  });
});
