// One statement whose result is columns: what comes in chunks is joined per column, typed arrays where the chunks have
// them. Decoding and joining take their turns, as that of rows does.
import type { Column, ResultChunk, ResultEnd } from '../connection/execution.js';
import type { FieldInfo, Timings } from '../query/query-result.js';
import { ColumnJoin } from './column-join.js';
import type { DecodeWork } from './decode-scheduler.js';
import { StatementCall } from './statement-call.js';

export interface ColumnResult {
  /** In the order of the statement, also those whose name comes again. */
  readonly columns: readonly Column[];
  /** Cells of each column. */
  readonly rowCount: number;
  readonly fields: readonly FieldInfo[];
  readonly timings: Timings;
}

export class ColumnsCall extends StatementCall<ColumnResult> implements DecodeWork {
  #join = new ColumnJoin();
  readonly #chunks: ResultChunk[] = [];
  /** In the decoder's queue. */
  #queued = false;
  #end: { readonly end: ResultEnd; readonly at: number } | undefined;
  #broken: { readonly error: unknown } | undefined;

  protected receive(chunk: ResultChunk): void {
    this.#chunks.push(chunk);
    this.#submit();
  }

  protected complete(end: ResultEnd, at: number): undefined {
    this.#end = { end, at };
    this.#submit();
  }

  protected drop(): void {
    for (const _ of this.#chunks.splice(0)) this.execution?.taken();
    this.#join = new ColumnJoin();
    this.#broken = undefined;
  }

  decodeSlice(): boolean {
    try {
      if (this.#step()) return true;
    } catch (error) {
      // A codec of the user's threw: what is left is read and thrown away, for the connection must go on.
      this.#broken ??= { error };
      this.#take();
      if (this.#chunks.length > 0) return true;
    }
    this.#queued = false;
    if (this.#end !== undefined) this.#finish(this.#end.end, this.#end.at);
    return false;
  }

  /** One column of one chunk. True: there is more. */
  #step(): boolean {
    const [chunk] = this.#chunks;
    if (chunk === undefined) return this.#end !== undefined && this.#broken === undefined && this.#join.joinSome();
    if (this.#broken === undefined && this.#join.addSome(chunk)) return true;
    this.#take();
    return this.#chunks.length > 0 || this.#end !== undefined;
  }

  #take(): void {
    if (this.#chunks.shift() !== undefined) this.execution?.taken();
  }

  #submit(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.context.decoder.submit(this);
  }

  #finish(end: ResultEnd, at: number): void {
    if (this.#broken !== undefined) return this.fault(this.#broken.error);
    const { startedAt } = this.budget;
    const { columns, rowCount } = this.#join.result(end.fields);
    const timings = {
      acquireMs: this.sentAt - startedAt,
      executeMs: at - this.sentAt,
      totalMs: at - startedAt,
    };
    this.deliver({ columns, rowCount, fields: end.fields, timings });
  }
}
