// What can be asked of a database, a lease and a transaction alike: every method is `query` with a rule about the rows.
import { databaseError } from '../errors/database.error.js';
import { restack } from '../errors/restack.js';
import { compileQuery, type Params } from './compile-query.js';
import type { QueryOptions } from './query-options.js';
import type { QueryResult, Row } from './query-result.js';
import type { SqlFragment } from './sql.js';
import type { Statement } from './statement.js';

export type Sql = string | SqlFragment;

export abstract class Queryable {
  /** Runs one statement; the only thing a kind of queryable has to know. */
  protected abstract run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>>;

  /**
   * Runs one statement. Values go as `$1 …` (array) or `:name` (plain object), never into the text.
   * @throws DatabaseError; see docs/errors.md
   */
  async query<T extends object = Row>(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<QueryResult<T>> {
    return this.#execute<T>(compileQuery(sql, params), options);
  }

  /** Exactly one row. @throws DB_NOT_FOUND, DB_TOO_MANY_ROWS */
  async one<T extends object = Row>(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<T> {
    const row = atMostOne(await this.#execute<T>(compileQuery(sql, params), options));
    if (row === undefined) throw databaseError({ code: 'DB_NOT_FOUND', message: 'one(): no row was found' });
    return row;
  }

  /** One row or none. @throws DB_TOO_MANY_ROWS */
  async maybeOne<T extends object = Row>(
    sql: Sql,
    params?: Params,
    options: QueryOptions = {},
  ): Promise<T | undefined> {
    return atMostOne(await this.#execute<T>(compileQuery(sql, params), options));
  }

  /** The rows. */
  async many<T extends object = Row>(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<T[]> {
    return (await this.#execute<T>(compileQuery(sql, params), options)).rows;
  }

  /** Is there a row? A plain read is asked of the server as `EXISTS`, so no rows travel. */
  async exists(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<boolean> {
    const statement = compileQuery(sql, params);
    if (!statement.reads || !/^\s*(?:select|with|values|table)\b/i.test(statement.text)) {
      return (await this.#execute(statement, options)).rows.length > 0;
    }
    // The line break ends a trailing comment; a trailing semicolon would end the statement.
    const text = `select exists (${statement.text.replace(/;\s*$/, '')}\n) as "exists"`;
    const { rows } = await this.#execute<{ exists: boolean }>({ ...statement, text }, options);
    return rows[0]?.exists === true;
  }

  async #execute<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>> {
    try {
      return await this.run<T>(statement, options);
    } catch (error) {
      throw restack(error);
    }
  }
}

function atMostOne<T>(result: QueryResult<T>): T | undefined {
  if (result.rows.length > 1) {
    throw databaseError({
      code: 'DB_TOO_MANY_ROWS',
      message: `expected at most one row, got ${result.rows.length}`,
    });
  }
  return result.rows[0];
}
