// Several statements in one flight and one implicit transaction: all of them are done, or none. It answers with a result
// for each, or with the error of the one that failed, by its number.
import type { Connection } from '../connection/connection.js';
import type { BatchPart, Execution, ResultChunk, ResultEnd } from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import { BatchSink, silentSink, type BatchOwner } from './batch-sink.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import type { DecodeWork } from './decode-scheduler.js';
import { StatementCall } from './statement-call.js';
import { isSkipped } from '../connection/skipped-error.js';

export class BatchCall extends StatementCall<QueryResult[]> implements DecodeWork, BatchOwner {
  readonly #statements: readonly Statement[];
  #sinks: BatchSink[] = [];
  #open = 0;
  #end: { readonly end: ResultEnd; readonly at: number } | undefined;
  #queued = false;

  /** @param options of the first of the statements, of which there is at least one */
  constructor(context: CallContext, options: CallOptions, statements: readonly Statement[]) {
    super(context, { ...options, profile: undefined });
    this.#statements = statements;
  }

  protected override start(connection: Connection): Execution {
    const { prelude = [], limits } = this.options.own;
    this.#sinks = this.#statements.map(() => new BatchSink(this));
    this.#open = this.#sinks.length;
    const before = prelude.map((statement): BatchPart => ({ statement, prepare: true, sink: silentSink }));
    const parts = this.#statements.map((statement, index): BatchPart => {
      const prepare = this.context.profiles.of(statement.text).sights++ > 0;
      return { statement, prepare, sink: this.#sinks[index] as BatchSink };
    });
    return connection.batch([...before, ...parts], limits);
  }

  // ── what its statements hear ──

  arrived(sink: BatchSink, chunk: ResultChunk): void {
    if (this.state !== 'sent') return this.execution?.taken();
    sink.chunks.push(chunk);
    if (this.#queued) return;
    this.#queued = true;
    this.context.decoder.submit(this);
  }

  settled(): void {
    if (--this.#open > 0) return;
    const failed = this.#sinks.findIndex(({ error }) => error !== undefined && !isSkipped(error));
    const error = this.#sinks[failed]?.error ?? this.#sinks.find((sink) => sink.error !== undefined)?.error;
    if (error !== undefined) return this.fail(failed < 0 ? error : this.#named(error, failed));
    const ends = this.#sinks.map(({ ended }) => ended as ResultEnd);
    this.end({ ...(ends[0] as ResultEnd), bytes: ends.reduce((sum, { bytes }) => sum + bytes, 0) });
  }

  decodeSlice(): boolean {
    const sink = this.#sinks.find(({ chunks }) => chunks.length > 0);
    if (sink?.decode() === true) this.execution?.taken();
    if (this.#sinks.some(({ chunks }) => chunks.length > 0)) return true;
    this.#queued = false;
    if (this.#end !== undefined && this.state === 'reading') this.#finish(this.#end.at);
    return false;
  }

  protected receive(): void {
    // Its statements have sinks of their own.
  }

  protected complete(end: ResultEnd, at: number): undefined {
    this.#end = { end, at };
    if (!this.#queued) this.#finish(at);
  }

  protected drop(): void {
    for (const { chunks } of this.#sinks) for (const _ of chunks.splice(0)) this.execution?.taken();
  }

  #finish(now: number): void {
    const broken = this.#sinks.find((sink) => sink.broken !== undefined);
    if (broken) return this.fault(broken.broken);
    const { startedAt } = this.budget;
    const timings = { acquireMs: this.sentAt - startedAt, executeMs: now - this.sentAt, totalMs: now - startedAt };
    this.deliver(
      this.#sinks.map(({ rows, ended }): QueryResult => {
        const { rowCount, fields, command } = ended as ResultEnd;
        return { rows, rowCount, fields, command, timings };
      }),
    );
  }

  /** With the number of its statement, from 0 in the field and from 1 in the text. */
  #named(error: DatabaseError, index: number): DatabaseError {
    const message = `statement ${index + 1} of ${this.#sinks.length}: ${error.message}`;
    return databaseError({ ...encodeError(error), message, statement: index }, { cause: error.cause });
  }
}
