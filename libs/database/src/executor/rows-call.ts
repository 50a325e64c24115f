// A call whose result is wanted as rows, all of them.
import type { ResultChunk, ResultEnd } from '../connection/execution.js';
import type { QueryResult } from '../query/query-result.js';
import type { DecodeScheduler } from './decode-scheduler.js';
import { RowBuffer, type RowReader } from './row-buffer.js';
import { StatementCall } from './statement-call.js';

export class RowsCall extends StatementCall<QueryResult> implements RowReader {
  override readonly carries = true;
  readonly #buffer = new RowBuffer(this);
  #end: ResultEnd | undefined = undefined;
  #endedAt = 0;

  get decoder(): DecodeScheduler {
    return this.context.decoder;
  }

  taken(): void {
    this.execution?.taken();
  }

  decoded(): void {
    if (this.#end === undefined || this.state !== 'reading') return;
    try {
      this.deliver(this.#result(this.#end, this.#endedAt));
    } catch (error) {
      this.fault(error);
    }
  }

  protected receive(chunk: ResultChunk): void {
    this.#buffer.receive(chunk);
  }

  protected complete(end: ResultEnd, now: number): QueryResult | undefined {
    if (this.#buffer.idle) return this.#result(end, now);
    this.#end = end;
    this.#endedAt = now;
    return undefined;
  }

  protected drop(): void {
    this.#buffer.drop();
  }

  #result(end: ResultEnd, now: number): QueryResult {
    const { startedAt } = this.budget;
    return {
      rows: this.#buffer.take(),
      rowCount: end.rowCount,
      fields: end.fields,
      command: end.command,
      timings: { acquireMs: this.sentAt - startedAt, executeMs: now - this.sentAt, totalMs: now - startedAt },
    };
  }
}
