// Connections without a server: a test decides when a statement gets chunks, ends or fails, and sees what was asked.
import type { Connection, ConnectionInfo, TransactionStatus } from '../src/connection/connection.js';
import { deferred } from '../src/connection/deferred.js';
import type { CancelReason, Execution, RawChunk, ResultChunk, ResultEnd } from '../src/connection/execution.js';
import { ResultBuffer } from '../src/connection/result-buffer.js';
import { databaseError, type DatabaseError } from '../src/errors/database.error.js';
import type { Row } from '../src/query/query-result.js';
import type { SessionTouch } from '../src/query/statement-class.js';
import type { Statement } from '../src/query/statement.js';

const FIELDS = [{ name: 'n', tableOid: 0, column: 0, typeOid: 23, typeModifier: -1 }];

/** One chunk of whole numbers; `decoded` counts the rows that were decoded from it. */
export class FakeChunk implements ResultChunk {
  readonly raw: RawChunk;
  readonly slices: number[] = [];

  constructor(
    readonly numbers: readonly number[],
    private readonly onDecode: (rows: number) => void = () => {},
  ) {
    this.raw = { fields: FIELDS, rowCount: numbers.length, cells: numbers.map(String) };
  }

  get rowCount(): number {
    return this.numbers.length;
  }

  decode(from: number, to: number, into: Row[]): void {
    this.slices.push(to - from);
    for (const n of this.numbers.slice(from, to)) into.push({ n });
    this.onDecode(to - from);
  }
}

export const END: ResultEnd = { command: 'SELECT', rowCount: 1, fields: FIELDS };

export class FakeExecution implements Execution {
  readonly cancels: CancelReason[] = [];
  /** Resolved by the test: the cancel has reached the server and can hit nobody any more. */
  readonly cancelled = deferred<void>();
  /** Chunks that the reader took. */
  read = 0;
  readonly #buffer = new ResultBuffer(() => this.read++);

  constructor(readonly statement: Statement) {}

  get end(): Promise<ResultEnd> {
    return this.#buffer.end;
  }

  next(): Promise<ResultChunk | undefined> {
    return this.#buffer.next();
  }

  cancel(reason: CancelReason): Promise<void> {
    this.cancels.push(reason);
    return this.cancelled.promise;
  }

  chunk(...numbers: number[]): void {
    this.push(new FakeChunk(numbers));
  }

  push(chunk: ResultChunk): void {
    this.#buffer.push(chunk);
  }

  finish(end: ResultEnd = END): void {
    this.#buffer.finish(end);
  }

  fail(error: DatabaseError): void {
    this.#buffer.fail(error);
  }
}

export class FakeConnection implements Connection {
  readonly info: ConnectionInfo;
  readonly capabilities = { pipelineDepth: 1 };
  readonly cancelTarget = { host: '127.0.0.1', port: 5432, processId: 1, secretKey: 2 };
  readonly executions: FakeExecution[] = [];
  readonly touched = new Set<SessionTouch>();
  readonly asked: { what: 'reset' | 'ping' | 'close'; budgetMs: number; signal: AbortSignal; mode?: string }[] = [];
  /** What the next reset, ping or close answers. */
  answer: Promise<void> = Promise.resolve();
  transactionStatus: TransactionStatus = 'I';

  constructor(processId = 1) {
    this.info = { place: 'inline', processId, address: '127.0.0.1:5432', serverVersion: '18' };
  }

  get inFlight(): number {
    return this.executions.length;
  }

  /** The statement that was asked for last. */
  get last(): FakeExecution {
    const last = this.executions.at(-1);
    if (!last) throw new Error('nothing was executed');
    return last;
  }

  execute(statement: Statement): FakeExecution {
    const execution = new FakeExecution(statement);
    this.executions.push(execution);
    return execution;
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

export const statement = (text = 'select n'): Statement => ({ text, parameters: [], touches: [], reads: true });

export const lost = (message = 'gone', inDoubt = false): DatabaseError =>
  databaseError({ code: 'DB_CONNECTION_LOST', message, database: 'Main', inDoubt });

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
