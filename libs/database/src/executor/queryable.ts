// What can be asked of a database, a lease and a transaction alike, in every form of a result. Each method makes a call of
// its kind and hands it to the port, which knows where it belongs; nothing is decided here.
import type { ExecuteOptions } from '../connection/execution.js';
import { compileQuery, type Params } from '../query/compile-query.js';
import type { QueryOptions } from '../query/query-options.js';
import type { Row } from '../query/query-result.js';
import { RowQueryable, type Sql } from '../query/row-queryable.js';
import type { Statement } from '../query/statement.js';
import { ByteStream, type BytesForm, type BytesResult } from './byte-stream.js';
import { inForm, type CallPort } from './call-port.js';
import { ColumnsCall, type ColumnResult } from './columns-call.js';
import { RowStream } from './row-stream.js';
import { STREAMED } from './run-options.js';
import { StreamCall } from './stream-call.js';

/** Of results that are read while they come; Results.MaxRows and MaxBytes are for results that are held as a whole. */
export type StreamOptions = Omit<QueryOptions, 'maxRows'>;

export abstract class Queryable extends RowQueryable {
  /** Where its calls go. @throws DB_DISABLED */
  protected abstract port(): CallPort;

  /**
   * The whole result as columns: Int32Array, Float64Array … where the type has one, else arrays. For work on numbers, which
   * needs no objects. @throws as query
   */
  async columns(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<ColumnResult> {
    return this.explained(async () => {
      const port = this.port();
      const described = inForm(port.describe(compileQuery(sql, params), options), { form: 'columns' });
      const call = new ColumnsCall(port.context, described);
      port.dispatch(call, options);
      return call.promise;
    });
  }

  /**
   * Bytes of one JSON array, made where the socket stands, for an HTTP response. Settles with the first bytes: an error
   * before them rejects, one behind them ends the reading. See docs/queries.md for limits and deadline.
   */
  async json(sql: Sql, params?: Params, options: StreamOptions = {}): Promise<BytesResult> {
    return this.explained(async () => this.#bytes(compileQuery(sql, params), 'json', { form: 'json' }, options));
  }

  /** The same with an object and a line feed per row. */
  async ndjson(sql: Sql, params?: Params, options: StreamOptions = {}): Promise<BytesResult> {
    return this.explained(async () => this.#bytes(compileQuery(sql, params), 'ndjson', { form: 'ndjson' }, options));
  }

  /**
   * Rows one by one while they come; at most a few hundred kilobytes are held. Sent at the first step; errors come from
   * there. Leave it with `break`, `return` or `await using`, and the connection is free.
   */
  stream<T extends object = Row>(sql: Sql, params?: Params, options: StreamOptions = {}): RowStream<T> {
    return new RowStream<T>(this.name, () => this.#open(compileQuery(sql, params), { form: 'rows' }, options));
  }

  #bytes(
    statement: Statement,
    bytes: BytesForm,
    form: Partial<ExecuteOptions>,
    options: StreamOptions,
  ): Promise<BytesResult> {
    return ByteStream.open(this.#open(statement, form, options), bytes);
  }

  #open(statement: Statement, form: Partial<ExecuteOptions>, options: StreamOptions): StreamCall {
    const port = this.port();
    const call = new StreamCall(port.context, inForm(port.describe(statement, options), { ...form, ...STREAMED }));
    port.opened(call);
    port.dispatch(call, options);
    return call;
  }
}
