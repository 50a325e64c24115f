// Connections without a server: a test decides when a statement gets chunks, ends or fails, and sees what was asked.
import type {
  Connection,
  ConnectionCapabilities,
  ConnectionInfo,
  NotificationListener,
  TransactionStatus,
} from '../src/connection/connection.js';
import { deferred } from '../src/connection/deferred.js';
import type {
  BatchPart,
  CancelReason,
  Column,
  ExecuteOptions,
  Execution,
  ResultChunk,
  ResultEnd,
  ResultSink,
} from '../src/connection/execution.js';
import { databaseError, type DatabaseError } from '../src/errors/database.error.js';
import type { Row } from '../src/query/query-result.js';
import type { SessionTouch } from '../src/query/statement-class.js';
import type { Statement } from '../src/query/statement.js';

const FIELDS = [{ name: 'n', tableOid: 0, column: 0, typeOid: 23, typeModifier: -1 }];

/** One chunk of whole numbers; `slices` are the sizes in which rows were decoded from it. */
export class FakeChunk implements ResultChunk {
  readonly slices: number[] = [];

  constructor(
    readonly numbers: readonly number[],
    private readonly onDecode: (rows: number) => void = () => {},
    readonly byteLength = numbers.length * 20,
  ) {}

  get rowCount(): number {
    return this.numbers.length;
  }

  decode(from: number, to: number, into: Row[]): void {
    this.slices.push(to - from);
    for (const n of this.numbers.slice(from, to)) into.push({ n });
    this.onDecode(to - from);
  }

  columns(): readonly Column[] {
    return [{ name: 'n', typeOid: 23, values: Int32Array.from(this.numbers) }];
  }

  bytes(): Uint8Array {
    return Buffer.from(JSON.stringify(this.numbers.map((n) => ({ n }))));
  }
}

export const END: ResultEnd = { command: 'SELECT', rowCount: 1, fields: FIELDS, bytes: 20 };

export class FakeExecution implements Execution {
  readonly cancels: CancelReason[] = [];
  /** Resolved by the test: the cancel has reached the server and can hit nobody any more. */
  readonly cancelled = deferred<void>();
  readonly copied: Uint8Array[] = [];
  /** Chunks that the reader took. */
  read = 0;
  fetches = 0;
  finished = false;
  /** `true`, or the error given to copyEnd. */
  copyEnded: string | true | undefined;
  /** What copyData answers. */
  writable = true;
  settled = false;

  constructor(
    readonly statement: Statement,
    readonly options: ExecuteOptions,
    readonly sink: ResultSink,
    private readonly owner?: FakeConnection,
  ) {}

  taken(): void {
    this.read++;
  }

  cancel(reason: CancelReason): Promise<void> {
    this.cancels.push(reason);
    return this.cancelled.promise;
  }

  fetch(): void {
    this.fetches++;
  }

  finish(): void {
    this.finished = true;
  }

  copyData(bytes: Uint8Array): boolean {
    this.copied.push(bytes.slice());
    return this.writable;
  }

  copyEnd(error?: string): void {
    this.copyEnded = error ?? true;
  }

  /** A chunk comes. */
  chunk(...numbers: number[]): void {
    this.push(new FakeChunk(numbers));
  }

  push(chunk: ResultChunk): void {
    if (!this.settled) this.sink.chunk(chunk);
  }

  /** The answer is whole. */
  succeed(end: ResultEnd = END): void {
    if (this.#settle()) this.sink.end(end);
  }

  fail(error: DatabaseError): void {
    if (this.#settle()) this.sink.fail(error);
  }

  /** A cancel did its work: the answer is whole, and nobody can be hit any more. */
  async stop(): Promise<void> {
    this.fail(databaseError({ code: 'DB_CANCELLED', message: 'cancelled', sqlState: '57014' }));
    this.cancelled.resolve();
    await settle();
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.owner?.leave();
    return true;
  }
}

export class FakeConnection implements Connection {
  readonly info: ConnectionInfo;
  readonly capabilities: ConnectionCapabilities = { pipelineDepth: 1000, prepared: true, ownSession: true };
  readonly cancelTarget = { host: '127.0.0.1', port: 5432, processId: 1, secretKey: 2 };
  readonly executions: FakeExecution[] = [];
  readonly batches: (readonly BatchPart[])[] = [];
  readonly touched = new Set<SessionTouch>();
  readonly asked: { what: 'reset' | 'ping' | 'close'; budgetMs: number; signal: AbortSignal; mode?: string }[] = [];
  /** What the next reset, ping or close answers. */
  answer: Promise<void> = Promise.resolve();
  transactionStatus: TransactionStatus = 'I';
  inFlight = 0;
  listener: NotificationListener | undefined;

  constructor(
    processId = 1,
    place: ConnectionInfo['place'] = 'inline',
    /** Called with each statement: the place to answer by itself. */
    private readonly onExecute: (execution: FakeExecution) => void = () => {},
  ) {
    this.info = { place, processId, address: '127.0.0.1:5432', serverVersion: '12' };
    // Too old to be asked for a transaction's id: statements stay as their tests sent them.
  }

  /** The statement that was asked for last. */
  get last(): FakeExecution {
    const last = this.executions.at(-1);
    if (!last) throw new Error('nothing was executed');
    return last;
  }

  execute(statement: Statement, options: ExecuteOptions, sink: ResultSink): FakeExecution {
    const execution = new FakeExecution(statement, options, sink, this);
    this.executions.push(execution);
    this.inFlight++;
    this.onExecute(execution);
    return execution;
  }

  batch(parts: readonly BatchPart[]): FakeExecution {
    this.batches.push(parts);
    const [first] = parts;
    if (!first) throw new Error('an empty batch');
    return this.execute(
      first.statement,
      { form: 'rows', limits: { maxRows: 0, maxBytes: 0 }, prepare: false },
      first.sink,
    );
  }

  onNotification(listener: NotificationListener | undefined): void {
    this.listener = listener;
  }

  /** @internal */
  leave(): void {
    this.inFlight--;
  }

  reset(mode: string, { budgetMs, signal }: { budgetMs: number; signal: AbortSignal }): Promise<void> {
    this.asked.push({ what: 'reset', mode, budgetMs, signal });
    return this.answer;
  }

  ping({ budgetMs, signal }: { budgetMs: number; signal: AbortSignal }): Promise<void> {
    this.asked.push({ what: 'ping', budgetMs, signal });
    return this.answer;
  }

  close({ budgetMs, signal }: { budgetMs: number; signal: AbortSignal }): Promise<void> {
    this.asked.push({ what: 'close', budgetMs, signal });
    return this.answer;
  }
}

export const statement = (text = 'select n'): Statement => ({
  text,
  parameters: [],
  touches: [],
  reads: true,
  plain: true,
});

export const lost = (message = 'gone', inDoubt = false): DatabaseError =>
  databaseError({ code: 'DB_CONNECTION_LOST', message, database: 'Main', inDoubt });

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
