// What can be asked of a database, a lease and a transaction alike, in every form of a result. Each method makes a call of
// its kind and hands it to the port, which knows where it belongs; nothing is decided here.
import type { ExecuteOptions } from '../connection/execution.js';
import { DatabaseError, databaseError } from '../errors/database.error.js';
import { compileQuery, type Params } from '../query/compile-query.js';
import { mustCopy } from '../query/copy-direction.js';
import type { QueryOptions } from '../query/query-options.js';
import type { QueryResult, Row } from '../query/query-result.js';
import { RowQueryable, type Sql } from '../query/row-queryable.js';
import type { Statement } from '../query/statement.js';
import { ByteStream, type BytesForm, type BytesResult } from './byte-stream.js';
import { inForm, type CallPort } from './call-port.js';
import { ColumnsCall, type ColumnResult } from './columns-call.js';
import { CopyCall, type CopyResult } from './copy-call.js';
import { CopyReader, type CopySource } from './copy-source.js';
import { Cursor } from './cursor.js';
import { RowStream } from './row-stream.js';
import { STREAMED } from './run-options.js';
import { checkChannel } from './subscription.js';
import { StreamCall } from './stream-call.js';

/** Of results that are read while they come; Results.MaxRows and MaxBytes are for results that are held as a whole. */
export type StreamOptions = Omit<QueryOptions, 'maxRows'>;

export interface CursorOptions extends StreamOptions {
  /** Rows of a portion. Default 1000. */
  readonly fetchRows?: number;
}

const FETCH_ROWS = 1_000;
/** Execute counts rows in 31 bits. */
const MOST_FETCHED = 2 ** 31 - 1;

export abstract class Queryable extends RowQueryable {
  /** Where its calls go. @throws DB_DISABLED */
  protected abstract port(): CallPort;

  /** @internal All or nothing, in one flight; at least one. */
  abstract runBatch(statements: readonly Statement[], options: QueryOptions): Promise<QueryResult[]>;

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

  /**
   * Rows in portions of `fetchRows`, made by the server when they are asked for. Sent at the first step; leave it as a
   * stream. @throws as stream; DB_PARAMETERS when `fetchRows` is none
   */
  cursor<T extends object = Row>(sql: Sql, params?: Params, options: CursorOptions = {}): Cursor<T> {
    return new Cursor<T>(this.name, () => {
      const { fetchRows = FETCH_ROWS } = options;
      if (!Number.isInteger(fetchRows) || fetchRows < 1 || fetchRows > MOST_FETCHED) {
        const message = `fetchRows must be a whole number from 1, got ${String(fetchRows)}`;
        throw databaseError({ code: 'DB_PARAMETERS', message });
      }
      return this.#open(compileQuery(sql, params), { form: 'rows', fetchRows }, options);
    });
  }

  /**
   * Statements in one flight and one transaction: all are done or none. A statement is a text, a fragment, or a text with
   * its parameters. @throws the error of the one that failed, whose number is `error.statement`
   */
  async batch(statements: readonly BatchStatement[], options: QueryOptions = {}): Promise<QueryResult[]> {
    return this.explained(async () => {
      const compiled = statements.map(compilePart);
      return compiled.length === 0 ? [] : this.runBatch(compiled, options);
    });
  }

  /**
   * COPY … FROM STDIN with what `source` gives. An error of the source undoes it and is passed on as it is; the source is
   * closed on every path. @throws DB_PARAMETERS for another statement
   */
  async copyFrom(sql: Sql, source: CopySource, options: StreamOptions = {}): Promise<CopyResult> {
    return this.explained(async () => {
      const reader = new CopyReader(source);
      try {
        const port = this.port();
        const described = port.describe(compileCopy(sql, 'in'), options);
        const form = { form: 'rows', copy: 'in', prepare: false, ...STREAMED } as const;
        const call = new CopyCall(port.context, inForm(described, form), reader);
        port.dispatch(call, options);
        return await call.result();
      } finally {
        reader.close();
      }
    });
  }

  /** The bytes of COPY … TO STDOUT. Settles with the first of them. @throws DB_PARAMETERS for another statement */
  async copyTo(sql: Sql, options: StreamOptions = {}): Promise<BytesResult> {
    return this.explained(async () => {
      const form = { form: 'rows', copy: 'out', prepare: false } as const;
      return this.#bytes(compileCopy(sql, 'out'), 'copy', form, options);
    });
  }

  /**
   * NOTIFY on a channel; inside a transaction it is sent at COMMIT. @throws DB_PARAMETERS for a name that is none; DB_DATA
   * for a payload of 8000 bytes and more
   */
  async notify(channel: string, payload = '', options: StreamOptions = {}): Promise<void> {
    await this.explained(async () => {
      checkChannel(channel);
      // Not a read, whatever it looks like: an answer that is lost is in doubt.
      const statement = compileQuery('select pg_catalog.pg_notify($1, $2)', [channel, payload]);
      await this.run({ ...statement, reads: false, plain: false }, options);
    });
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

/** A text or fragment, or a text with its parameters. */
export type BatchStatement = Sql | readonly [sql: Sql, params?: Params];

function compilePart(part: BatchStatement, index: number): Statement {
  try {
    return Array.isArray(part)
      ? compileQuery(...(part as readonly [sql: Sql, params?: Params]))
      : compileQuery(part as Sql);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code, message } = error;
    throw databaseError({ code, message: `statement ${index + 1}: ${message}`, statement: index });
  }
}

function compileCopy(sql: Sql, direction: 'in' | 'out'): Statement {
  const statement = compileQuery(sql);
  mustCopy(statement.text, direction);
  return statement;
}
