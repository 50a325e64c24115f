// The main thread's side without a worker: calls become messages, answers settle calls, and its end settles everything.
import { describe, expect, it } from '@jest/globals';
import { END, lost, settle, statement } from '../../test-support/fake-connection.js';
import { rejection } from '../../test-support/failure.js';
import { NO_LIMITS } from '../connection/connection.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { SessionTouch } from '../query/statement-class.js';
import type { ToWorker } from './messages.js';
import { RemoteConnection } from './remote-connection.js';

class Bench {
  readonly sent: ToWorker[] = [];
  readonly losses: DatabaseError[] = [];
  readonly connection = new RemoteConnection(
    1,
    'Main',
    { place: 'worker:1', processId: 9, address: 'db:5432', serverVersion: '18' },
    { pipelineDepth: 1 },
    { host: 'db', port: 5432, processId: 9, secretKey: 8 },
    (message) => this.sent.push(message),
    { lost: (error) => this.losses.push(error) },
  );

  execute(touches: readonly SessionTouch[] = []): ReturnType<RemoteConnection['execute']> {
    return this.connection.execute({ ...statement(), touches }, NO_LIMITS);
  }

  get lastId(): number {
    return (this.sent.at(-1) as { id: number }).id;
  }

  ended(id = this.lastId, status: 'I' | 'T' | 'E' = 'I'): void {
    this.connection.receive({ kind: 'ended', connection: 1, id, end: END, status });
  }

  failed(error: DatabaseError, id = this.lastId, status: 'I' | 'T' | 'E' = 'I'): void {
    this.connection.receive({ kind: 'failed', connection: 1, id, error: encodeError(error), status });
  }

  chunk(id: number, ...numbers: number[]): void {
    const fields = END.fields;
    const chunk = { fields, rowCount: numbers.length, cells: numbers.map(String) };
    this.connection.receive({ kind: 'chunk', connection: 1, id, chunk });
  }
}

const step = (budgetMs = 100): { budgetMs: number; signal: AbortSignal } => ({
  budgetMs,
  signal: new AbortController().signal,
});

describe('a statement', () => {
  it('goes out as one message and ends with its answer', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    expect(bench.sent).toEqual([{ kind: 'execute', connection: 1, id: 1, statement: statement(), limits: NO_LIMITS }]);
    expect(() => structuredClone(bench.sent)).not.toThrow();
    expect(bench.connection.inFlight).toBe(1);
    bench.chunk(1, 1, 2);
    bench.ended(1, 'T');
    const rows: object[] = [];
    const chunk = await execution.next();
    chunk?.decode(0, chunk.rowCount, rows as Record<string, unknown>[]);
    expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await execution.next()).toBeUndefined();
    expect(await execution.end).toEqual(END);
    expect(bench.connection.inFlight).toBe(0);
    expect(bench.connection.transactionStatus).toBe('T');
  });

  it('that failed rejects with its error, of its class, and the session has the status it said', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    bench.failed(databaseError({ code: 'DB_UNIQUE', message: 'twice', constraint: 'key' }), 1, 'E');
    for (const promise of [execution.end, execution.next()]) {
      expect(await rejection(promise)).toMatchObject({
        code: 'DB_UNIQUE',
        constraint: 'key',
        name: 'DatabaseConstraintError',
      });
    }
    expect(bench.connection.transactionStatus).toBe('E');
    expect(bench.connection.inFlight).toBe(0);
  });

  it('gives a credit for each chunk that is read, and none after its end', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    bench.chunk(1, 1);
    bench.chunk(1, 2);
    const credits = (): number => bench.sent.filter(({ kind }) => kind === 'credit').length;
    expect(credits()).toBe(0);
    await execution.next();
    expect(credits()).toBe(1);
    expect(bench.sent.at(-1)).toEqual({ kind: 'credit', connection: 1, execution: 1 });
    bench.ended(1);
    await execution.next();
    expect(credits()).toBe(1);
  });

  it('answers find their statement, whatever the order', async () => {
    const bench = new Bench();
    const [first, second] = [bench.execute(), bench.execute()];
    bench.failed(databaseError({ code: 'DB_QUERY', message: 'second' }), 2);
    bench.ended(1);
    expect(await first.end).toEqual(END);
    expect((await rejection(second.end)).message).toBe('second');
  });

  it('takes no notice of a second answer, or of one to nobody', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    bench.ended(1);
    bench.failed(databaseError({ code: 'DB_QUERY', message: 'late' }), 1);
    bench.ended(77);
    bench.chunk(77, 1);
    expect(await execution.end).toEqual(END);
  });
});

describe('a cancel', () => {
  it('is asked for once, and settles with its answer', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    const cancels = [execution.cancel('deadline'), execution.cancel('signal')];
    expect(bench.sent.filter(({ kind }) => kind === 'cancel')).toEqual([
      { kind: 'cancel', connection: 1, id: 2, execution: 1, reason: 'deadline' },
    ]);
    let settled = false;
    void cancels[0]?.then(() => (settled = true));
    bench.failed(databaseError({ code: 'DB_CANCELLED', message: 'm' }), 1);
    await settle();
    expect(settled).toBe(false);
    bench.connection.receive({ kind: 'ended', connection: 1, id: 2, status: 'I' });
    await Promise.all(cancels);
    await rejection(execution.end);
  });

  it('drops what comes after it', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    bench.chunk(1, 1);
    void execution.cancel('signal');
    bench.chunk(1, 2);
    bench.ended(1);
    expect(await execution.next()).toBeUndefined();
  });

  it('of what has ended, or is lost, asks for nothing', async () => {
    const bench = new Bench();
    const ended = bench.execute();
    bench.ended(1);
    const dead = bench.execute();
    bench.connection.lose(lost(), true);
    bench.sent.length = 0;
    await Promise.all([ended.cancel('signal'), dead.cancel('signal')]);
    expect(bench.sent).toEqual([]);
  });

  it('never rejects, whatever it is answered', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    const refused = execution.cancel('signal');
    bench.failed(databaseError({ code: 'DB_PROTOCOL', message: 'm' }), 2);
    await expect(refused).resolves.toBeUndefined();
    const other = bench.execute();
    const cut = other.cancel('signal');
    bench.connection.lose(lost(), true);
    await expect(cut).resolves.toBeUndefined();
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
    expect(bench.sent).toEqual([
      { kind: 'reset', connection: 1, id: 1, mode: 'smart', budgetMs: 1 },
      { kind: 'ping', connection: 1, id: 2, budgetMs: 2 },
      { kind: 'close', connection: 1, id: 3, budgetMs: 3 },
    ]);
    for (const id of [1, 2, 3]) bench.ended(id);
    await Promise.all(asked);
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

  it('are not in flight: a connection that only pings may be lent', () => {
    const bench = new Bench();
    void bench.connection.ping(step());
    expect(bench.connection.inFlight).toBe(0);
  });
});

describe('what the session carries', () => {
  it('is kept from the statements that were sent, until a reset has ended', async () => {
    const bench = new Bench();
    void bench.execute(['set', 'temp']);
    void bench.execute(['set', 'listen']);
    expect([...bench.connection.touched]).toEqual(['set', 'temp', 'listen']);
    const reset = bench.connection.reset('smart', step());
    expect(bench.connection.touched.size).toBe(3);
    bench.ended();
    await reset;
    expect(bench.connection.touched.size).toBe(0);
  });

  it('stays when the reset failed, or only rolled back', async () => {
    const bench = new Bench();
    void bench.execute(['set']);
    const failing = bench.connection.reset('smart', step());
    bench.failed(lost());
    await rejection(failing);
    const rollback = bench.connection.reset('none', step());
    bench.ended();
    await rollback;
    expect([...bench.connection.touched]).toEqual(['set']);
  });
});

describe('the end of the connection', () => {
  it('settles everything that was open, once, and tells of itself last and once', async () => {
    const bench = new Bench();
    const executions = [bench.execute(), bench.execute()];
    const ping = bench.connection.ping(step());
    const reset = bench.connection.reset('smart', step());
    const close = bench.connection.close(step());
    const open = [...executions.flatMap(({ end }) => end), executions[0]?.next() as Promise<unknown>, ping, reset];
    const failures = open.map(rejection);
    bench.connection.lose(lost('first'), true);
    bench.connection.lose(lost('second'), false);
    bench.connection.receive({ kind: 'lost', connection: 1, error: encodeError(lost('third')) });
    for (const failure of await Promise.all(failures)) expect(failure.message).toBe('first');
    await expect(close).resolves.toBeUndefined();
    expect(bench.losses.map(({ message }) => message)).toEqual(['first']);
    expect(bench.connection.inFlight).toBe(0);
  });

  it('by the death of the thread leaves in doubt what was unanswered', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    bench.connection.lose(databaseError({ code: 'DB_WORKER_LOST', message: 'exited with 1' }), true);
    expect(await rejection(execution.end)).toMatchObject({ code: 'DB_WORKER_LOST', inDoubt: true, retryable: false });
    expect(bench.losses[0]).toMatchObject({ inDoubt: false });
  });

  it('told by the worker leaves nothing in doubt: every statement it had seen has been answered', async () => {
    const bench = new Bench();
    const [seen, unseen] = [bench.execute(), bench.execute()];
    bench.failed(lost('mine', true), 1);
    bench.connection.receive({ kind: 'lost', connection: 1, error: encodeError(lost('socket')) });
    expect(await rejection(seen.end)).toMatchObject({ message: 'mine', inDoubt: true, retryable: false });
    expect(await rejection(unseen.end)).toMatchObject({ message: 'socket', inDoubt: false, retryable: true });
  });

  it.each([true, false])(
    'gives each statement an error of its own (in doubt: %s): each has a caller of its own',
    async (inDoubt) => {
      const bench = new Bench();
      const failures = [bench.execute(), bench.execute()].map(({ end }) => rejection(end));
      bench.connection.lose(lost(), inDoubt);
      const [first, second] = await Promise.all(failures);
      expect(first).not.toBe(second);
    },
  );

  it('makes what is asked later fail at once, never in doubt, and sends nothing', async () => {
    const bench = new Bench();
    const cause = new Error('socket');
    const end = databaseError({ code: 'DB_CONNECTION_LOST', message: 'gone', inDoubt: true }, { cause });
    bench.connection.lose(end, true);
    const execution = bench.execute(['set']);
    expect(await rejection(execution.end)).toMatchObject({ message: 'gone', inDoubt: false, retryable: true, cause });
    await rejection(bench.connection.ping(step()));
    await rejection(bench.connection.reset('smart', step()));
    await bench.connection.close(step());
    expect(bench.sent).toEqual([]);
    expect(bench.connection.inFlight).toBe(0);
  });

  it('lets no answer come after it', async () => {
    const bench = new Bench();
    const execution = bench.execute();
    bench.connection.lose(lost('gone'), true);
    bench.chunk(1, 1);
    bench.ended(1);
    expect((await rejection(execution.end)).message).toBe('gone');
  });
});
