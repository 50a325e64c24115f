// Real worker threads over a connector without a server: what crosses arrives whole and in order, and whatever a thread dies
// of, everything it owed is settled and another one is up.
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { rejection } from '../../test-support/failure.js';
import { NO_LIMITS, type Connection } from '../connection/connection.js';
import type { ConnectRequest } from '../connection/connector.js';
import { CHUNK_WINDOW, type ExecuteOptions, type Execution, type ResultChunk } from '../connection/execution.js';
import { ResultReader } from '../connection/result-reader.js';
import { NO_CODECS } from '../connection/type-options.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { EncodedParameter } from '../query/encode-parameter.js';
import type { Row } from '../query/query-result.js';
import type { WorkerFault } from './messages.js';
import { WorkerSupervisor, type SupervisorOptions } from './worker-supervisor.js';

const ENTRY = new URL('../../test-support/echo.worker.js', import.meta.url);
const ROWS: ExecuteOptions = { form: 'rows', limits: NO_LIMITS, prepare: true };
const REQUEST: ConnectRequest = {
  database: 'Main',
  host: '127.0.0.1',
  port: 1,
  password: '',
  startup: {},
  preparedCacheSize: 10,
  types: 'pg',
  customTypes: [],
};
const step = (budgetMs = 10_000): { budgetMs: number; signal: AbortSignal } => ({
  budgetMs,
  signal: new AbortController().signal,
});

interface Sent {
  readonly execution: Execution;
  readonly reader: ResultReader;
}

class Bench {
  static readonly open = new Set<Bench>();
  readonly warnings: string[] = [];
  readonly losses: DatabaseError[] = [];
  readonly supervisor: WorkerSupervisor;

  constructor(options: SupervisorOptions = {}) {
    const warn = (message: string): void => void this.warnings.push(message);
    this.supervisor = new WorkerSupervisor(1, warn, { entry: ENTRY, faults: true, ...options });
    Bench.open.add(this);
  }

  connect(request: Partial<ConnectRequest> = {}): Promise<Connection> {
    const events = { lost: (error: DatabaseError) => void this.losses.push(error) };
    return this.supervisor.connect({ ...REQUEST, ...request }, step(), events, NO_CODECS);
  }
}

function send(
  connection: Connection,
  text: string,
  {
    parameters = [],
    reads = true,
    ...options
  }: { parameters?: EncodedParameter[]; reads?: boolean } & Partial<ExecuteOptions> = {},
): Sent {
  const reader = new ResultReader();
  const statement = { text, parameters, touches: [], reads, plain: reads };
  const execution = connection.execute(statement, { ...ROWS, ...options }, reader);
  reader.execution = execution;
  return { execution, reader };
}

async function rowsOf({ reader }: Sent): Promise<Row[]> {
  const rows: Row[] = [];
  for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
    if (chunk !== 'suspended') chunk.decode(0, chunk.rowCount, rows);
    reader.execution?.taken();
  }
  return rows;
}

/** Asks until it holds; another thread has to move. */
async function eventually(holds: () => boolean, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`did not hold within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Where a server would be: counts who asks for a cancel, and hangs up as a server does. */
async function cancelCounter(
  hangUp = (socket: Socket): unknown => socket.end(),
): Promise<{ server: Server; port: number; keys: number[] }> {
  const keys: number[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      keys.push(bytes.readInt32BE(12));
      hangUp(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, keys };
}

afterEach(async () => {
  for (const bench of Bench.open) await bench.supervisor.close();
  Bench.open.clear();
});

describe('a worker thread', () => {
  it('answers statements as the port promises, in the order in which they were sent', async () => {
    const connection = await new Bench().connect();
    const order: number[] = [];
    const answers = Array.from({ length: 500 }, (_, n) => {
      const sent = send(connection, 'echo', { parameters: [`${n}`, null, 'grüße 🌍'] });
      void sent.reader.ended.then(() => order.push(n));
      return rowsOf(sent);
    });
    expect(connection.inFlight).toBe(500);
    for (const [n, rows] of (await Promise.all(answers)).entries()) {
      expect(rows).toEqual([{ echo: `${n}` }, { echo: 'NULL' }, { echo: 'grüße 🌍' }]);
    }
    expect(order).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(connection.info.place).toBe('worker:1');
  });

  it('hands errors over with their class, and goes on', async () => {
    const connection = await new Bench().connect();
    const failed = send(connection, 'fail').reader.ended;
    const next = rowsOf(send(connection, 'echo', { parameters: ['on'] }));
    expect(await rejection(failed)).toMatchObject({
      code: 'DB_UNIQUE',
      name: 'DatabaseConstraintError',
      constraint: 'key',
    });
    expect(await next).toEqual([{ echo: 'on' }]);
  });

  it('sends large chunks up to the window, then waits for their reader', async () => {
    const connection = await new Bench().connect();
    const sent = send(connection, `chunks 20 100000`, { form: 'json' });
    const chunks: ResultChunk[] = [];
    const read = async (): Promise<void> => void chunks.push((await sent.reader.next()) as ResultChunk);
    for (let n = 0; n < CHUNK_WINDOW; n++) await read();
    let more = false;
    const next = read().then(() => (more = true));
    // Whatever the worker would have sent by itself comes before the answer to this.
    await connection.ping(step());
    await connection.ping(step());
    expect(more).toBe(false);
    sent.execution.taken();
    await next;
    expect(chunks).toHaveLength(CHUNK_WINDOW + 1);
    for (let n = 0; n < CHUNK_WINDOW; n++) sent.execution.taken();
    while (chunks.length < 20) {
      await read();
      sent.execution.taken();
    }
    await sent.reader.ended;
    expect(chunks.map((chunk) => `${chunk.bytes().length}${String.fromCharCode(chunk.bytes()[0] as number)}`)).toEqual(
      Array.from({ length: 20 }, (_, n) => `100000${String.fromCharCode(65 + 19 - n)}`),
    );
  });

  it('takes COPY data at its own pace, and loses none', async () => {
    const connection = await new Bench().connect();
    const reader = new ResultReader();
    let wake = (): void => {};
    const sink = Object.assign(reader, { writable: () => wake() });
    const ready = new Promise<void>((resolve) => (wake = resolve));
    const execution = connection.execute(
      { text: 'copy slowly', parameters: [], touches: [], reads: false, plain: false },
      { ...ROWS, copy: 'in' },
      sink,
    );
    await ready;
    const piece = Buffer.alloc(200_000, 'x');
    let waits = 0;
    for (let n = 0; n < 40; n++) {
      const writable = new Promise<void>((resolve) => (wake = resolve));
      if (execution.copyData(piece)) continue;
      waits++;
      await writable;
    }
    execution.copyEnd();
    expect(await reader.ended).toMatchObject({ rowCount: 40 * piece.length });
    expect(waits).toBeGreaterThan(5);
  });

  it('tells of notifications, of the end of one connection only, and of a connect that failed', async () => {
    const bench = new Bench();
    const [first, second] = await Promise.all([bench.connect(), bench.connect()]);
    const heard: unknown[] = [];
    first.onNotification((...what) => heard.push(what));
    await rowsOf(send(first, 'notify'));
    expect(heard).toEqual([['channel', 'payload', 5]]);
    const hanging = send(first, 'hang').reader.ended;
    const dropping = send(first, 'drop').reader.ended;
    for (const each of [hanging, dropping]) expect((await rejection(each)).code).toBe('DB_CONNECTION_LOST');
    await eventually(() => bench.losses.length === 1);
    expect(bench.supervisor.load).toBe(1);
    expect(await rowsOf(send(second, 'echo', { parameters: ['alive'] }))).toEqual([{ echo: 'alive' }]);
    expect((await rejection(bench.connect({ host: 'nowhere' }))).code).toBe('DB_CONNECT_FAILED');
    expect(bench.supervisor.load).toBe(1);
  });

  it('is known by its figures without being asked', async () => {
    const bench = new Bench();
    expect(bench.supervisor.stats()).toEqual({
      id: 1,
      busy: 0,
      queued: 0,
      done: 0,
      connections: 0,
      restarts: 0,
      heapUsedMb: 0,
      elu: 0,
      quarantined: false,
    });
    const [first, second] = await Promise.all([bench.connect(), bench.connect()]);
    await rowsOf(send(first, 'echo'));
    await rejection(send(first, 'fail').reader.ended);
    const hanging = [send(first, 'hang'), send(first, 'hang'), send(second, 'hang')];
    const stats = bench.supervisor.stats();
    expect(stats).toMatchObject({ busy: 2, queued: 1, done: 2, connections: 2, restarts: 0 });
    expect(stats.heapUsedMb).toBeGreaterThan(1);
    expect(stats.elu).toBeGreaterThan(0);
    expect(stats.elu).toBeLessThanOrEqual(1);
    for (const { execution, reader } of hanging) {
      const ended = rejection(reader.ended);
      await execution.cancel('signal');
      expect((await ended).code).toBe('DB_CANCELLED');
    }
    expect(bench.supervisor.stats()).toMatchObject({ busy: 0, queued: 0, done: 5 });
  });

  it('does nothing to itself unless its supervisor was made for tests', async () => {
    const bench = new Bench({ faults: false });
    const connection = await bench.connect();
    bench.supervisor.fault('exit');
    expect(await rowsOf(send(connection, 'echo', { parameters: ['well'] }))).toEqual([{ echo: 'well' }]);
  });
});

describe('a worker that dies', () => {
  const deaths: [WorkerFault, RegExp][] = [
    ['throw', /failed: a fault that was asked for/],
    ['reject', /failed: a rejection that was asked for/],
    ['exit', /exited with 7/],
    ['memory', /memory/],
    ['loop', /does not turn its loop/],
  ];

  it.each(deaths)(
    'of %s settles all it owed, is cancelled at the server, and another one is up',
    async (fault, why) => {
      const { server, port, keys } = await cancelCounter();
      try {
        const bench = new Bench({ resourceLimits: { maxOldGenerationSizeMb: 64 } });
        const [first, second, idle] = await Promise.all([
          bench.connect({ port }),
          bench.connect({ port }),
          bench.connect({ port }),
        ]);
        const write = send(first, 'hang', { reads: false });
        const read = send(second, 'hang', { shared: true });
        const cursor = write.reader.next();
        await rowsOf(send(idle, 'echo', { parameters: ['answered'] }));
        const opening = rejection(bench.connect({ host: 'never' }));
        await idle.ping(step());
        bench.supervisor.fault(fault);
        const closing = first.close(step());
        const pinged = rejection(second.ping(step()));
        expect(await rejection(write.reader.ended)).toMatchObject({
          code: 'DB_WORKER_LOST',
          inDoubt: true,
          retryable: false,
        });
        expect(await rejection(read.reader.ended)).toMatchObject({
          code: 'DB_WORKER_LOST',
          inDoubt: false,
          retryable: true,
        });
        expect((await rejection(cursor)).message).toMatch(why);
        for (const each of [pinged, opening]) expect((await each).code).toBe('DB_WORKER_LOST');
        await closing;
        await eventually(() => bench.losses.length === 3);
        expect(bench.losses.map(({ code }) => code)).toEqual(['DB_WORKER_LOST', 'DB_WORKER_LOST', 'DB_WORKER_LOST']);
        expect((await rejection(idle.ping(step()))).code).toBe('DB_WORKER_LOST');
        expect(bench.warnings).toHaveLength(1);
        expect(bench.warnings[0]).toMatch(why);

        const again = await bench.connect({ port });
        expect(await rowsOf(send(again, 'echo', { parameters: ['back'] }))).toEqual([{ echo: 'back' }]);
        expect(bench.supervisor.stats()).toMatchObject({ restarts: 1, connections: 1, busy: 0, done: 2 });
        await eventually(() => keys.length === 2);
        expect(keys).toEqual([9, 9]);
      } finally {
        server.close();
      }
    },
  );

  it('is told of when its sessions have ended: until then they count', async () => {
    const sockets: Socket[] = [];
    const { server, port, keys } = await cancelCounter((socket) => sockets.push(socket));
    try {
      const bench = new Bench();
      const connection = await bench.connect({ port });
      await bench.connect({ port });
      const owed = rejection(send(connection, 'hang').reader.ended);
      bench.supervisor.fault('exit');
      await owed;
      await eventually(() => keys.length === 1 && bench.losses.length === 1);
      sockets[0]?.end();
      await eventually(() => bench.losses.length === 2);
    } finally {
      server.close();
    }
  });

  it('with a loop that stands still is found within two seconds or so', async () => {
    const bench = new Bench();
    const connection = await bench.connect();
    bench.supervisor.fault('loop');
    const start = performance.now();
    await rejection(send(connection, 'echo').reader.ended);
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it('before it was ready fails those who wait for it', async () => {
    const bench = new Bench({ entry: new URL('data:text/javascript,throw new Error("no start")') });
    expect(await rejection(bench.connect())).toMatchObject({
      code: 'DB_WORKER_LOST',
      message: expect.stringMatching('no start'),
    });
  });

  it('again and again is started with delay, and nobody is sent to it meanwhile', async () => {
    const bench = new Bench();
    for (let death = 1; death <= 3; death++) {
      const connection = await bench.connect();
      const owed = rejection(send(connection, 'hang').reader.ended);
      bench.supervisor.fault('exit');
      await owed;
      expect(bench.supervisor.stats()).toMatchObject({ restarts: death, quarantined: death === 3 });
    }
    expect(bench.supervisor.load).toBe(Infinity);
    expect(await rejection(bench.connect())).toMatchObject({ code: 'DB_WORKER_LOST' });
    expect(bench.warnings[2]).toMatch('in 1000 ms');
    await eventually(() => !bench.supervisor.stats().quarantined);
    expect(await rowsOf(send(await bench.connect(), 'echo', { parameters: ['back'] }))).toEqual([{ echo: 'back' }]);
  });

  it('is not what a main thread concludes that was away itself', async () => {
    const bench = new Bench();
    const connection = await bench.connect();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
    expect(await rowsOf(send(connection, 'echo', { parameters: ['still here'] }))).toEqual([{ echo: 'still here' }]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(bench.supervisor.stats().restarts).toBe(0);
  });
});

describe('closing', () => {
  it('settles what is open, refuses what comes, and may be asked for twice', async () => {
    const bench = new Bench();
    const connection = await bench.connect();
    const hanging = rejection(send(connection, 'hang').reader.ended);
    await Promise.all([bench.supervisor.close(), bench.supervisor.close()]);
    expect((await hanging).code).toBe('DB_WORKER_LOST');
    expect((await rejection(bench.connect())).code).toBe('DB_CLOSED');
    expect(bench.warnings).toEqual([]);
    expect(bench.supervisor.stats()).toMatchObject({ connections: 0, restarts: 0 });
  });

  it('while the thread starts fails those who wait for it', async () => {
    const bench = new Bench();
    const connecting = rejection(bench.connect());
    await bench.supervisor.close();
    expect((await connecting).code).toBe('DB_WORKER_LOST');
  });
});

describe('the process', () => {
  /** Runs a script that has a supervisor `s` and a `connect()`; it must end by itself. @returns what it wrote */
  async function run(script: string): Promise<string> {
    const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const child = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { register } from 'node:module';
       register(${source('../../test-support/typescript-hooks.js')});
       const { WorkerSupervisor } = await import(${source('./worker-supervisor.ts')});
       const s = new WorkerSupervisor(1, console.log, { entry: new URL(${JSON.stringify(ENTRY.href)}), faults: true });
       const step = { budgetMs: 9000, signal: new AbortController().signal };
       const connect = () => s.connect(${JSON.stringify(REQUEST)}, step, { lost() {} }, new Map());
       ${script}`,
    ]);
    let written = '';
    child.stdout.on('data', (text: Buffer) => (written += text.toString()));
    child.stderr.on('data', (text: Buffer) => (written += text.toString()));
    const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearTimeout(killer);
    return `${written.trim()} ${signal ?? code}`;
  }

  it('ends when no connection is left, though the thread was never closed', async () => {
    expect(await run(`await (await connect()).close(step); console.log('closed');`)).toBe('closed 0');
  });

  it('ends when the connect has failed that started the thread', async () => {
    const request = JSON.stringify({ ...REQUEST, host: 'nowhere' });
    expect(
      await run(`await s.connect(${request}, step, {}, new Map()).catch((error) => console.log(error.code));`),
    ).toBe('DB_CONNECT_FAILED 0');
  });

  it('ends when the time for the connect was over before the thread was ready', async () => {
    const late = '{ budgetMs: 1, signal: AbortSignal.abort() }';
    expect(
      await run(
        `await s.connect(${JSON.stringify(REQUEST)}, ${late}, {}, new Map()).catch((error) => console.log(error.code));`,
      ),
    ).toBe('DB_CONNECT_TIMEOUT 0');
  });

  it('ends though a thread that died was started again, for nobody', async () => {
    expect(
      await run(
        `const lost = new Promise((lost) => s.connect(${JSON.stringify(REQUEST)}, step, { lost }, new Map()).then(() => s.fault('exit')));
         console.log((await lost).code);`,
      ),
    ).toMatch(/^worker:1: a database worker exited with 7; starting another\nDB_WORKER_LOST 0$/);
  });

  it('lives as long as there is a connection, as it would for a socket', async () => {
    expect(
      await run(`await connect(); setTimeout(() => { console.log('alive'); process.exit(3); }, 400).unref();`),
    ).toBe('alive 3');
  });
});
