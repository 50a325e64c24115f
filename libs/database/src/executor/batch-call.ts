// Several statements in one flight, all or nothing: one deadline, one outcome, a result for each. What travels in front
// (BEGIN, settings) is part of it, so that its error is the batch's.
import type { Connection } from '../connection/connection.js';
import type { BatchPart, Execution, ResultChunk, ResultEnd, ResultSink } from '../connection/execution.js';
import { isSkipped } from '../connection/skipped-error.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { QueryResult } from '../query/query-result.js';
import { writes, type Statement } from '../query/statement.js';
import type { CallContext, Inside } from './call-context.js';
import type { CallOptions } from './call-options.js';
import type { DecodeScheduler } from './decode-scheduler.js';
import { RowBuffer, type RowReader } from './row-buffer.js';
import type { RunOptions } from './run-options.js';
import { StatementCall } from './statement-call.js';
import { isEndOfConnection } from './statement-errors.js';
import type { Trailing } from './trailing.js';

export interface BatchStatement {
  readonly statement: Statement;
  readonly prepare: boolean;
}

/** @throws DB_PARAMETERS for an empty one; DB_CANCELLED */
export function batchOf(
  context: CallContext,
  statements: readonly Statement[],
  options: RunOptions,
  inside?: Inside,
): BatchCall {
  const [first] = statements;
  if (first === undefined) throw databaseError({ code: 'DB_PARAMETERS', message: 'a batch needs a statement' });
  const mayWrite = inside !== undefined && options.readOnly !== true && statements.some(writes);
  const described = context.describe(first, options, inside);
  const call = { ...described, profile: undefined, preludeMayGo: false, writes: mayWrite };
  const parts = statements.map((statement, index) => {
    const profile = context.profiles.of(statement.text);
    // The first has been counted by `describe`.
    const sights = index === 0 ? profile.sights - 1 : profile.sights++;
    return { statement, prepare: sights > 0 };
  });
  return new BatchCall(context, call, parts);
}

export class BatchCall extends StatementCall<QueryResult[]> {
  override readonly carries = true;
  readonly #statements: readonly BatchStatement[];
  #parts: Part[] = [];
  #open = 0;
  #endedAt = 0;

  /** @param statements at least one */
  constructor(context: CallContext, options: CallOptions, statements: readonly BatchStatement[]) {
    super(context, options);
    this.#statements = statements;
  }

  /** @internal One part has ended; the connection is free of the batch with the last of them. */
  partEnded(): void {
    if (--this.#open > 0) return;
    const error = this.#failure();
    const last = this.#parts.at(-1)?.ended;
    if (error !== undefined || last === undefined) this.fail(error as DatabaseError);
    else this.end(last);
  }

  /** The error of the one that failed, by its number: the others say only that they were undone or skipped. */
  #failure(): DatabaseError | undefined {
    const asked = this.#parts.filter(({ silent }) => !silent);
    const at = asked.findIndex(({ error }) => error !== undefined && !isSkipped(error));
    const error = asked[at]?.error;
    if (error === undefined) return this.#parts.find((part) => part.error !== undefined)?.error;
    // The connection's end is nobody's fault.
    if (isEndOfConnection(error)) return error;
    const message = `statement ${at + 1} of ${asked.length}: ${error.message}`;
    return databaseError({ ...encodeError(error), message, statement: at }, { cause: error.cause });
  }

  /** @internal */
  partDecoded(): void {
    if (this.state !== 'reading') return;
    try {
      const results = this.#results();
      if (results !== undefined) this.deliver(results);
    } catch (error) {
      this.fault(error);
    }
  }

  /** @internal */
  partTaken(): void {
    this.execution?.taken();
  }

  protected override start(connection: Connection): Execution {
    const all = [
      ...(this.options.own.prelude ?? []).map((statement) => unasked(statement)),
      ...this.#statements.map((each) => ({ ...each, silent: false, trailing: undefined })),
      ...(this.trailing ? [unasked(this.trailing.statement, this.trailing)] : []),
    ];
    this.#parts = all.map(({ silent, trailing }) => new Part(this, silent, trailing));
    this.#open = all.length;
    const parts = all.map(({ statement, prepare }, index): BatchPart => {
      return { statement, prepare, sink: this.#parts[index] as Part };
    });
    return connection.batch(parts, this.options.own.limits);
  }

  protected receive(): void {
    // Chunks come to the parts.
  }

  protected complete(_end: ResultEnd, now: number): QueryResult[] | undefined {
    this.#endedAt = now;
    return this.#results();
  }

  protected drop(): void {
    for (const part of this.#parts) part.buffer.drop();
  }

  #results(): QueryResult[] | undefined {
    if (!this.#parts.every(({ buffer }) => buffer.idle)) return undefined;
    const { startedAt } = this.budget;
    const acquireMs = this.sentAt - startedAt;
    const timings = { acquireMs, executeMs: this.#endedAt - this.sentAt, totalMs: this.#endedAt - startedAt };
    return this.#parts
      .filter(({ silent }) => !silent)
      .map(({ buffer, ended }) => {
        const { rowCount = null, fields = [], command = '' } = ended ?? {};
        return { rows: buffer.take(), rowCount, fields, command, timings };
      });
  }
}

/** What the caller did not ask for: it gives no result. */
function unasked(statement: Statement, trailing?: Trailing) {
  return { statement, prepare: true, silent: true, trailing };
}

class Part implements ResultSink, RowReader {
  readonly buffer = new RowBuffer(this);
  ended: ResultEnd | undefined = undefined;
  error: DatabaseError | undefined = undefined;

  constructor(
    private readonly batch: BatchCall,
    /** Not asked for by the caller: it gives no result. */
    readonly silent: boolean,
    /** It is the question behind the batch. */
    private readonly trailing: Trailing | undefined,
  ) {}

  get decoder(): DecodeScheduler {
    return this.batch.context.decoder;
  }

  taken(): void {
    this.batch.partTaken();
  }

  decoded(): void {
    this.batch.partDecoded();
  }

  chunk(chunk: ResultChunk): void {
    if (this.trailing !== undefined) {
      this.trailing.chunk(chunk);
      this.taken();
    } else if (this.batch.state === 'sent') this.buffer.receive(chunk);
    else this.taken();
  }

  end(end: ResultEnd): void {
    this.ended = end;
    this.batch.partEnded();
  }

  fail(error: DatabaseError): void {
    this.error = error;
    if (!isSkipped(error)) this.trailing?.fail(error);
    this.batch.partEnded();
  }
}
