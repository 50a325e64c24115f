// What can be asked of a database, a lease and a transaction alike, and is answered by rows: every method is `query` with a
// rule about them. The other forms of a result stand on it (executor/queryable.ts).
import { DatabaseError, databaseError } from '../errors/database.error.js';
import { restack } from '../errors/restack.js';
import { bareText, compileQuery, type Params } from './compile-query.js';
import type { QueryOptions } from './query-options.js';
import type { QueryResult, Row } from './query-result.js';
import type { SqlFragment } from './sql.js';
import type { Statement } from './statement.js';

export type Sql = string | SqlFragment;

export abstract class RowQueryable {
  /** Name of the database in the configuration. */
  abstract readonly name: string;

  /** Runs one statement; the only thing a kind of queryable has to know. May throw at once. */
  protected abstract run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>>;

  /**
   * Runs one statement. Values go as `$1 …` (array) or `:name` (plain object), never into the text.
   * @throws DatabaseError; see docs/errors.md
   */
  async query<T extends object = Row>(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<QueryResult<T>> {
    try {
      return await this.run<T>(compileQuery(sql, params), options);
    } catch (error) {
      throw await this.restacked(error);
    }
  }

  /** Exactly one row. @throws DB_NOT_FOUND, DB_TOO_MANY_ROWS */
  async one<T extends object = Row>(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<T> {
    try {
      const row = atMostOne(await this.run<T>(compileQuery(sql, params), options));
      if (row === undefined) throw databaseError({ code: 'DB_NOT_FOUND', message: 'one(): no row was found' });
      return row;
    } catch (error) {
      throw await this.restacked(error);
    }
  }

  /** One row or none. @throws DB_TOO_MANY_ROWS */
  async maybeOne<T extends object = Row>(
    sql: Sql,
    params?: Params,
    options: QueryOptions = {},
  ): Promise<T | undefined> {
    try {
      return atMostOne(await this.run<T>(compileQuery(sql, params), options));
    } catch (error) {
      throw await this.restacked(error);
    }
  }

  /** The rows. */
  async many<T extends object = Row>(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<T[]> {
    try {
      return (await this.run<T>(compileQuery(sql, params), options)).rows;
    } catch (error) {
      throw await this.restacked(error);
    }
  }

  /** Is there a row? A plain read is asked of the server as `EXISTS`, so no rows travel. */
  async exists(sql: Sql, params?: Params, options: QueryOptions = {}): Promise<boolean> {
    return this.explained(async () => {
      const statement = compileQuery(sql, params);
      if (!statement.reads || !/^\s*(?:select|with|values|table)\b/i.test(statement.text)) {
        return (await this.run(statement, options)).rows.length > 0;
      }
      const text = `select exists (${bareText(statement.text)}) as "exists"`;
      const { rows } = await this.run<{ exists: boolean }>({ ...statement, text }, options);
      return rows[0]?.exists === true;
    });
  }

  /**
   * An error of `act` with the caller in its stack and the database in its fields. What is called most says the same by itself, for
   * each layer of promises costs about a microsecond where an async context is carried (Node 20).
   */
  protected async explained<R>(act: () => Promise<R>): Promise<R> {
    try {
      return await act();
    } catch (error) {
      throw await this.restacked(error);
    }
  }

  /** To be awaited in the frame that the caller awaits. */
  protected async restacked(error: unknown): Promise<unknown> {
    if (error instanceof DatabaseError) error.database ??= this.name;
    // Of what was refused at once the callers do not wait yet: a turn later their frames are there.
    await Promise.resolve();
    return restack(error);
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
