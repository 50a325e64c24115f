// The main thread's side without a worker: calls become messages, answers settle calls, and its end settles everything.
import { describe, expect, it } from '@jest/globals';
import { END, FakeChunk, lost, settle, statement } from '../../test-support/fake-connection.js';
import { rejection } from '../../test-support/failure.js';
import { WorkerEnd, type Said } from '../../test-support/thread-ends.js';
import { COMMAND, NO_LIMITS } from '../connection/connection.js';
import type { ChunkForm, TravellingChunk } from '../connection/chunk-form.js';
import { CHUNK_WINDOW, type ExecuteOptions, type Execution, type ResultEnd } from '../connection/execution.js';
import { ResultReader } from '../connection/result-reader.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { decodeError, encodeError } from '../errors/error.codec.js';
import type { SessionTouch } from '../query/statement-class.js';
import type { Statement } from '../query/statement.js';
import { AnswerReader } from './answer-reader.js';
import { RemoteChannel } from './remote-channel.js';
import { RemoteConnection } from './remote-connection.js';
import { COPY_WINDOW } from './remote-execution.js';

/** Numbers as text, in the form in which a chunk travels. */
class Piece extends FakeChunk implements TravellingChunk {
  readonly fields = END.fields;

  transport(): ChunkForm {
    return { kind: 'raw', rowCount: this.rowCount, data: Buffer.from(this.numbers.join()) };
  }
}

interface Sent {
  readonly execution: Execution;
  readonly reader: ResultReader;
  readonly ended: Promise<ResultEnd>;
  readonly writable: number;
}

class Bench {
  readonly losses: DatabaseError[] = [];
  readonly thrown: unknown[] = [];
  readonly worker: WorkerEnd;
  readonly connection: RemoteConnection;

  constructor() {
    const answers = new AnswerReader(
      () => this.connection,
      (error) => this.thrown.push(error),
    );
    this.worker = new WorkerEnd(
      (packet) => answers.read(packet),
      (item) => {
        if (item.kind === 'failed') this.connection.failed(item.id, decodeError(item.error), item.status);
        else if (item.kind === 'lost') this.connection.lose(decodeError(item.error));
        else if (item.kind === 'notification') this.connection.notified(item.channel, item.payload, item.processId);
        else if (item.kind === 'chunk') answers.chunk(item);
      },
    );
    this.connection = new RemoteConnection({
      channel: new RemoteChannel(1, this.worker.requests),
      info: { place: 'worker:1', processId: 9, address: 'db:5432', serverVersion: '18' },
      capabilities: { pipelineDepth: 1, prepared: true, ownSession: true },
      cancelTarget: { host: 'db', port: 5432, processId: 9, secretKey: 8 },
      receive: ({ data }) =>
        new FakeChunk(
          Buffer.from(data as Uint8Array)
            .toString()
            .split(',')
            .map(Number),
        ),
      events: { lost: (error) => this.losses.push(error) },
    });
  }

  execute(what: Partial<Statement> = {}, options: Partial<ExecuteOptions> = {}): Sent {
    const reader = new ResultReader();
    const sent = { writable: 0 };
    const sink = Object.assign(reader, { writable: () => void sent.writable++ });
    const execution = this.connection.execute({ ...statement(), ...what }, { ...COMMAND, ...options }, sink);
    reader.execution = execution;
    return Object.assign(sent, { execution, reader, ended: reader.ended });
  }

  get lastId(): number {
    return (this.worker.asked.at(-1) as { id: number }).id;
  }

  ended(id = this.lastId, status: 'I' | 'T' | 'E' = 'I'): void {
    this.worker.tell((answers) => answers.ended(1, id, END, status));
  }

  done(id: number): void {
    this.worker.tell((answers) => answers.done(1, id, 'I'));
  }

  failed(error: DatabaseError, id = this.lastId, status: 'I' | 'T' | 'E' = 'I'): void {
    this.worker.tell((answers) =>
      answers.item({ kind: 'failed', connection: 1, id, error: encodeError(error), status }),
    );
  }

  lost(error: DatabaseError): void {
    this.worker.tell((answers) => answers.item({ kind: 'lost', connection: 1, error: encodeError(error) }));
  }

  chunk(id: number, ...numbers: number[]): void {
    this.worker.tell((answers) => answers.chunk(1, id, new Piece(numbers)));
  }

  asked(kind: string): readonly Said[] {
    return this.worker.asked.filter((each) => each.kind === kind);
  }
}

/** A dead thread's sessions have ended. */
const OVER = Promise.resolve();

const step = (budgetMs = 100): { budgetMs: number; signal: AbortSignal } => ({
  budgetMs,
  signal: new AbortController().signal,
});

describe('a statement', () => {
  it('goes out once, and its rows and its end come to its sink', async () => {
    const bench = new Bench();
    const { reader, ended } = bench.execute();
    expect(bench.worker.asked).toMatchObject([
      { kind: 'execute', connection: 1, id: 1, statement: { text: 'select n' }, options: COMMAND },
    ]);
    expect(bench.connection.inFlight).toBe(1);
    bench.chunk(1, 1, 2);
    bench.ended(1, 'T');
    const chunk = (await reader.next()) as FakeChunk;
    expect(chunk.numbers).toEqual([1, 2]);
    expect(await reader.next()).toBeUndefined();
    expect(await ended).toEqual(END);
    expect(bench.connection.inFlight).toBe(0);
    expect(bench.connection.transactionStatus).toBe('T');
  });

  it('is one of many in one message, if they are sent in one tick', () => {
    const bench = new Bench();
    for (let n = 0; n < 50; n++) bench.execute({ text: `select ${n}` });
    void bench.connection.ping(step());
    expect(bench.worker.asked).toHaveLength(51);
    expect(bench.worker.messages).toBe(1);
  });

  it('that failed rejects with its error, of its class, and the session has the status it said', async () => {
    const bench = new Bench();
    const { reader, ended } = bench.execute();
    bench.failed(databaseError({ code: 'DB_UNIQUE', message: 'twice', constraint: 'key' }), 1, 'E');
    for (const promise of [ended, reader.next()]) {
      expect(await rejection(promise)).toMatchObject({
        code: 'DB_UNIQUE',
        constraint: 'key',
        name: 'DatabaseConstraintError',
      });
    }
    expect(bench.connection.transactionStatus).toBe('E');
    expect(bench.connection.inFlight).toBe(0);
  });

  it('answers find their statement, whatever the order', async () => {
    const bench = new Bench();
    const [first, second] = [bench.execute(), bench.execute()];
    bench.failed(databaseError({ code: 'DB_QUERY', message: 'second' }), 2);
    bench.ended(1);
    expect(await first.ended).toEqual(END);
    expect((await rejection(second.ended)).message).toBe('second');
  });

  it('takes no notice of a second answer, or of one to nobody', async () => {
    const bench = new Bench();
    const { ended } = bench.execute();
    bench.ended(1);
    bench.failed(databaseError({ code: 'DB_QUERY', message: 'late' }), 1);
    bench.ended(77);
    bench.chunk(77, 1);
    bench.worker.tell((answers) => {
      answers.suspended(1, 77);
      answers.writable(1, 77);
      answers.copyTaken(1, 77, 5);
      answers.done(1, 77, 'I');
    });
    expect(await ended).toEqual(END);
  });

  it('whose sink throws takes no answer from its neighbours, and the fault is told', async () => {
    const bench = new Bench();
    const fault = new Error('in a sink');
    const sink = {
      chunk: () => {},
      end: () => {
        throw fault;
      },
      fail: () => {},
    };
    bench.connection.execute(statement(), COMMAND, sink);
    const { ended } = bench.execute();
    bench.worker.asked.at(-1);
    bench.worker.tell((answers) => {
      answers.ended(1, 1, END, 'I');
      answers.ended(1, 2, END, 'I');
    });
    expect(await ended).toEqual(END);
    expect(bench.thrown).toEqual([fault]);
  });

  it('that Bind cannot carry fails by itself, in a later turn, and what follows it arrives', async () => {
    const bench = new Bench();
    bench.execute({ text: 'known' });
    const { ended } = bench.execute({ text: 'too many', parameters: Array.from({ length: 65_536 }, () => null) });
    bench.execute({ text: 'known' });
    bench.execute({ text: 'too many' });
    expect(await rejection(ended)).toMatchObject({ code: 'DB_PARAMETERS', inDoubt: false });
    expect(bench.worker.asked.map((each) => (each.statement as Statement).text)).toEqual([
      'known',
      'known',
      'too many',
    ]);
    expect(bench.connection.inFlight).toBe(3);
  });

  it('that is a cursor suspends, goes on and is finished', async () => {
    const bench = new Bench();
    const { execution, reader } = bench.execute({}, { fetchRows: 1 });
    bench.chunk(1, 1);
    bench.worker.tell((answers) => answers.suspended(1, 1));
    expect(await reader.next()).toBeInstanceOf(FakeChunk);
    expect(await reader.next()).toBe('suspended');
    execution.fetch();
    execution.finish();
    expect(bench.worker.asked.slice(1).map(({ kind, id }) => [kind, id])).toEqual([
      ['fetch', 1],
      ['finish', 1],
    ]);
    bench.ended(1);
    execution.fetch();
    execution.finish();
    expect(bench.worker.asked).toHaveLength(3);
  });
});

describe('credits', () => {
  it('are told together at the end of the tick, for what was taken in it', () => {
    const bench = new Bench();
    const { execution } = bench.execute();
    for (let n = 0; n < CHUNK_WINDOW; n++) bench.chunk(1, n);
    expect(bench.asked('credit')).toEqual([]);
    for (let n = 0; n < 3; n++) execution.taken();
    expect(bench.asked('credit')).toEqual([{ kind: 'credit', connection: 1, id: 1, chunks: 3 }]);
    execution.taken();
    expect(bench.asked('credit')).toHaveLength(2);
  });

  it('are not told for what has ended meanwhile: a small result costs none', () => {
    const bench = new Bench();
    const { execution } = bench.execute();
    bench.worker.forget();
    bench.chunk(1, 1);
    execution.taken();
    bench.ended(1);
    execution.taken();
    expect(bench.worker.asked).toEqual([]);
  });

  it('stop with a cancel, after which the worker goes on by itself', () => {
    const bench = new Bench();
    const { execution } = bench.execute();
    bench.chunk(1, 1);
    void execution.cancel('reader-left');
    execution.taken();
    expect(bench.asked('credit')).toEqual([]);
  });
});

describe('a batch', () => {
  it('is one request under ids that follow one another, and each statement has its own answer', async () => {
    const bench = new Bench();
    const readers = [new ResultReader(), new ResultReader()];
    const parts = readers.map((sink, n) => ({
      statement: { ...statement(`s${n}`), touches: ['set' as const] },
      prepare: n === 1,
      sink,
    }));
    const execution = bench.connection.batch(parts, { maxRows: 7, maxBytes: 0 });
    expect(bench.worker.asked).toMatchObject([
      { kind: 'batch', id: 1, limits: { maxRows: 7 }, parts: [{ prepare: false }, { prepare: true }] },
    ]);
    expect(bench.connection.inFlight).toBe(2);
    expect([...bench.connection.touched]).toEqual(['set']);
    bench.chunk(2, 5);
    execution.taken();
    expect(bench.asked('credit')).toMatchObject([{ id: 1, chunks: 1 }]);
    bench.ended(1);
    void execution.cancel('signal');
    expect(bench.asked('cancel')).toMatchObject([{ execution: 1 }]);
    bench.failed(lost(), 2);
    expect(await readers[0]?.ended).toEqual(END);
    await rejection(readers[1]?.ended as Promise<unknown>);
    expect(bench.connection.inFlight).toBe(0);
  });

  it('on a connection that is gone fails in a later turn, each statement once', async () => {
    const bench = new Bench();
    bench.connection.lose(lost(), OVER);
    const readers = [new ResultReader(), new ResultReader()];
    bench.connection.batch(
      readers.map((sink) => ({ statement: statement(), prepare: false, sink })),
      NO_LIMITS,
    );
    expect(readers.map(({ settled }) => settled)).toEqual([false, false]);
    const failures = await Promise.all(readers.map(({ ended }) => rejection(ended)));
    expect(failures).toMatchObject([
      { message: 'gone', inDoubt: false },
      { message: 'gone', inDoubt: false },
    ]);
    expect(failures[0]).not.toBe(failures[1]);
  });
});

describe('COPY … FROM STDIN', () => {
  it('starts when the server waits, and its bytes cross as they are', () => {
    const bench = new Bench();
    const copy = bench.execute({}, { copy: 'in' });
    bench.worker.asked.at(-1);
    bench.worker.tell((answers) => answers.writable(1, 1));
    expect(copy.writable).toBe(1);
    const bytes = Buffer.from('abc');
    expect(copy.execution.copyData(bytes)).toBe(true);
    bytes.fill('x');
    copy.execution.copyEnd();
    expect(bench.asked('copyData')).toMatchObject([{ id: 1, text: 'abc' }]);
    expect(bench.asked('copyEnd')).toHaveLength(1);
  });

  it('makes its sender wait while too much is on its way, and wakes him when half of it has gone', () => {
    const bench = new Bench();
    const copy = bench.execute({}, { copy: 'in' });
    const half = Buffer.alloc(COPY_WINDOW / 2);
    expect(copy.execution.copyData(half)).toBe(true);
    expect(copy.execution.copyData(half)).toBe(false);
    bench.worker.tell((answers) => answers.copyTaken(1, 1, half.length - 1));
    expect(copy.writable).toBe(0);
    bench.worker.tell((answers) => answers.copyTaken(1, 1, 1));
    expect(copy.writable).toBe(1);
    bench.worker.tell((answers) => answers.copyTaken(1, 1, half.length));
    expect(copy.writable).toBe(1);
    expect(copy.execution.copyData(half)).toBe(true);
  });

  it('is given up behind the data that went before', () => {
    const bench = new Bench();
    const { execution } = bench.execute({}, { copy: 'in' });
    execution.copyData(Buffer.from('a'));
    execution.copyEnd('no more');
    expect(bench.worker.asked.slice(1)).toMatchObject([
      { kind: 'copyData', text: 'a' },
      { kind: 'copy-fail', id: 1, message: 'no more' },
    ]);
  });

  it('that has ended takes no more data, and keeps nobody waiting', () => {
    const bench = new Bench();
    const { execution } = bench.execute({}, { copy: 'in' });
    bench.failed(lost(), 1);
    bench.worker.forget();
    expect(execution.copyData(Buffer.alloc(2 * COPY_WINDOW))).toBe(true);
    execution.copyEnd();
    expect(bench.worker.asked).toEqual([]);
  });
});

describe('a cancel', () => {
  it('is asked for once, and settles with its answer', async () => {
    const bench = new Bench();
    const { execution, ended } = bench.execute();
    const cancels = [execution.cancel('deadline'), execution.cancel('signal')];
    expect(bench.asked('cancel')).toEqual([{ kind: 'cancel', connection: 1, id: 2, execution: 1, reason: 'deadline' }]);
    let settled = false;
    void cancels[0]?.then(() => (settled = true));
    bench.failed(databaseError({ code: 'DB_CANCELLED', message: 'm' }), 1);
    await settle();
    expect(settled).toBe(false);
    bench.done(2);
    await Promise.all(cancels);
    await rejection(ended);
  });

  it('lets none of the chunks through that come after it', async () => {
    const bench = new Bench();
    const { execution, reader } = bench.execute();
    bench.chunk(1, 1);
    void execution.cancel('signal');
    bench.chunk(1, 2);
    bench.worker.tell((answers) => answers.suspended(1, 1));
    bench.ended(1);
    expect(((await reader.next()) as FakeChunk).numbers).toEqual([1]);
    expect(await reader.next()).toBeUndefined();
  });

  it('of what has ended, or is lost, asks for nothing', async () => {
    const bench = new Bench();
    const ended = bench.execute();
    bench.ended(1);
    const dead = bench.execute();
    bench.connection.lose(lost(), OVER);
    bench.worker.forget();
    await Promise.all([ended.execution.cancel('signal'), dead.execution.cancel('signal')]);
    expect(bench.worker.asked).toEqual([]);
  });

  it('never rejects, whatever it is answered', async () => {
    const bench = new Bench();
    const refused = bench.execute().execution.cancel('signal');
    bench.failed(databaseError({ code: 'DB_PROTOCOL', message: 'm' }), 2);
    await expect(refused).resolves.toBeUndefined();
    const cut = bench.execute().execution.cancel('signal');
    bench.connection.lose(lost(), OVER);
    await expect(cut).resolves.toBeUndefined();
  });
});

describe('notifications', () => {
  it('are asked for when somebody listens, heard by who listens now, and called off', async () => {
    const bench = new Bench();
    const heard: unknown[] = [];
    const notify = (): void =>
      bench.worker.tell((answers) =>
        answers.item({ kind: 'notification', connection: 1, channel: 'c', payload: 'p', processId: 4 }),
      );
    notify();
    bench.connection.onNotification((...what) => heard.push(['first', ...what]));
    bench.connection.onNotification((...what) => heard.push(['second', ...what]));
    notify();
    expect(heard).toEqual([['second', 'c', 'p', 4]]);
    bench.connection.onNotification(undefined);
    expect(bench.asked('listen').map(({ on }) => on)).toEqual([true, false]);
    notify();
    expect(heard).toHaveLength(1);
  });

  it('end with a reset, as the session listens to nothing any more', async () => {
    const bench = new Bench();
    const heard: unknown[] = [];
    bench.connection.onNotification((...what) => heard.push(what));
    const reset = bench.connection.reset('smart', step());
    bench.done(bench.lastId);
    await reset;
    bench.worker.tell((answers) =>
      answers.item({ kind: 'notification', connection: 1, channel: 'c', payload: 'p', processId: 4 }),
    );
    expect(heard).toEqual([]);
    bench.connection.onNotification(() => {});
    expect(bench.asked('listen').map(({ on }) => on)).toEqual([true, true]);
  });
});

describe('reset, ping and close', () => {
  it('are requests with a budget, settled by their answers', async () => {
    const bench = new Bench();
    const asked = [
      bench.connection.reset('smart', step(1)),
      bench.connection.ping(step(2)),
      bench.connection.close(step(3)),
    ];
    expect(bench.worker.asked).toEqual([
      { kind: 'reset', connection: 1, id: 1, mode: 'smart', budgetMs: 1 },
      { kind: 'ping', connection: 1, id: 2, budgetMs: 2 },
      { kind: 'close', connection: 1, id: 3, budgetMs: 3 },
    ]);
    for (const id of [1, 2, 3]) bench.done(id);
    await Promise.all(asked);
  });

  it('are cut short in the worker when their time is, before or after', async () => {
    const bench = new Bench();
    const early = bench.connection.ping({ budgetMs: 5, signal: AbortSignal.abort() });
    const controller = new AbortController();
    const late = bench.connection.ping({ budgetMs: 5, signal: controller.signal });
    expect(bench.asked('abort')).toEqual([{ kind: 'abort', connection: 1, id: 1 }]);
    controller.abort();
    expect(bench.asked('abort').map(({ id }) => id)).toEqual([1, 2]);
    bench.failed(lost('cut'), 1);
    bench.done(2);
    expect((await rejection(early)).message).toBe('cut');
    await late;
  });

  it('reject with what they are answered, but close never does', async () => {
    const bench = new Bench();
    const reset = bench.connection.reset('smart', step());
    bench.failed(lost('broken'));
    expect((await rejection(reset)).message).toBe('broken');
    const ping = bench.connection.ping(step());
    bench.failed(lost('broken'));
    expect((await rejection(ping)).message).toBe('broken');
    const close = bench.connection.close(step());
    bench.failed(lost('broken'));
    await expect(close).resolves.toBeUndefined();
  });

  it('are not in flight: a connection that only pings may be lent', async () => {
    const bench = new Bench();
    const ping = bench.connection.ping(step());
    expect(bench.connection.inFlight).toBe(0);
    bench.done(bench.lastId);
    await ping;
  });
});

describe('what the session carries', () => {
  const touching = (...touches: SessionTouch[]): Partial<Statement> => ({ touches });

  it('is kept from the statements that were sent, what goes before them included, until a reset has ended', async () => {
    const bench = new Bench();
    bench.execute(touching('set', 'temp'));
    bench.execute(touching('set', 'listen'), { prelude: [{ ...statement(), ...touching('transaction') }] });
    expect([...bench.connection.touched]).toEqual(['set', 'temp', 'transaction', 'listen']);
    const reset = bench.connection.reset('smart', step());
    expect(bench.connection.touched.size).toBe(4);
    bench.done(bench.lastId);
    await reset;
    expect(bench.connection.touched.size).toBe(0);
  });

  it('stays when the reset failed, or only rolled back', async () => {
    const bench = new Bench();
    bench.execute(touching('set'));
    const failing = bench.connection.reset('smart', step());
    bench.failed(lost());
    await rejection(failing);
    const rollback = bench.connection.reset('none', step());
    bench.done(bench.lastId);
    await rollback;
    expect([...bench.connection.touched]).toEqual(['set']);
  });
});

describe('the end of the connection', () => {
  it('settles everything that was open, once, and tells of itself last and once', async () => {
    const bench = new Bench();
    const [first, second] = [bench.execute(), bench.execute()] as const;
    const ping = bench.connection.ping(step());
    const reset = bench.connection.reset('smart', step());
    const close = bench.connection.close(step());
    const failures = [first.ended, second.ended, first.reader.next(), ping, reset].map(rejection);
    bench.connection.lose(lost('first'), OVER);
    bench.connection.lose(lost('second'));
    bench.lost(lost('third'));
    for (const failure of await Promise.all(failures)) expect(failure.message).toBe('first');
    await expect(close).resolves.toBeUndefined();
    expect(bench.losses.map(({ message }) => message)).toEqual(['first']);
    expect(bench.connection.inFlight).toBe(0);
  });

  it('by the death of the thread leaves in doubt what may have written and was unanswered', async () => {
    const bench = new Bench();
    const write = bench.execute({ reads: false });
    const read = bench.execute({ reads: true }, { shared: true });
    bench.connection.lose(databaseError({ code: 'DB_WORKER_LOST', message: 'exited with 1' }), OVER);
    expect(await rejection(write.ended)).toMatchObject({ code: 'DB_WORKER_LOST', inDoubt: true, retryable: false });
    expect(await rejection(read.ended)).toMatchObject({ code: 'DB_WORKER_LOST', inDoubt: false, retryable: true });
    expect(bench.losses[0]).toMatchObject({ inDoubt: false });
  });

  it('by the death of the thread settles at once, and is told, and closed, when its session is over', async () => {
    const bench = new Bench();
    const { ended } = bench.execute();
    let end = (): void => {};
    bench.connection.lose(lost(), new Promise<void>((resolve) => (end = resolve)));
    await rejection(ended);
    await bench.connection.close({ budgetMs: 0, signal: AbortSignal.abort() });
    let closed = false;
    const closing = bench.connection.close(step()).then(() => (closed = true));
    await settle();
    expect([bench.losses.length, closed]).toEqual([0, false]);
    end();
    await closing;
    expect(bench.losses).toHaveLength(1);
  });

  it('told by the worker leaves nothing in doubt: every statement it had seen has been answered', async () => {
    const bench = new Bench();
    const seen = bench.execute({ reads: false });
    const unseen = bench.execute({ reads: false });
    bench.failed(lost('mine', true), 1);
    bench.lost(lost('socket'));
    expect(await rejection(seen.ended)).toMatchObject({ message: 'mine', inDoubt: true, retryable: false });
    expect(await rejection(unseen.ended)).toMatchObject({ message: 'socket', inDoubt: false, retryable: true });
  });

  it.each([true, false])(
    'gives each statement an error of its own (thread died: %s): each has a caller of its own',
    async (died) => {
      const bench = new Bench();
      const failures = [bench.execute(), bench.execute()].map(({ ended }) => rejection(ended));
      bench.connection.lose(lost(), died ? OVER : undefined);
      const [first, second] = await Promise.all(failures);
      expect(first).not.toBe(second);
    },
  );

  it('makes what is asked later fail in a later turn, never in doubt, and sends nothing', async () => {
    const bench = new Bench();
    const cause = new Error('socket');
    const end = databaseError({ code: 'DB_CONNECTION_LOST', message: 'gone', inDoubt: true }, { cause });
    bench.connection.lose(end, OVER);
    const { ended, reader } = bench.execute({ touches: ['set'], reads: false });
    expect(reader.settled).toBe(false);
    expect(await rejection(ended)).toMatchObject({ message: 'gone', inDoubt: false, retryable: true, cause });
    await rejection(bench.connection.ping(step()));
    await rejection(bench.connection.reset('smart', step()));
    await bench.connection.close(step());
    bench.connection.onNotification(() => {});
    expect(bench.worker.asked).toEqual([]);
    expect(bench.connection.inFlight).toBe(0);
    expect(bench.connection.touched.size).toBe(0);
  });

  it('lets no answer come after it', async () => {
    const bench = new Bench();
    const { ended, reader } = bench.execute();
    bench.connection.lose(lost('gone'), OVER);
    bench.chunk(1, 1);
    bench.ended(1);
    expect((await rejection(ended)).message).toBe('gone');
    expect((await rejection(reader.next())).message).toBe('gone');
  });
});
