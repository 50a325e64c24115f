// Runs statements by the name of their database. One per module; the abstract class is also the injection token.
import type { WorkerStats } from '../connection/worker-stats.js';
import type { Params } from '../query/compile-query.js';
import type { Lane } from '../query/query-options.js';
import type { QueryResult, Row } from '../query/query-result.js';
import type { Sql } from '../query/row-queryable.js';
import type { BytesResult } from './byte-stream.js';
import type { ColumnResult } from './columns-call.js';
import type { DatabaseStats } from './database-stats.js';
import type { PlaceWish } from './run-options.js';

export interface ExecuteRequest {
  /** Name in the configuration. */
  readonly database: string;
  readonly sql: Sql;
  readonly params?: Params;
  /** Epoch milliseconds (`Date.now() + 200`) by which the call has settled; made monotonic at the door. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
  /** Form of the result. Default `rows`. */
  readonly as?: 'rows' | 'columns' | 'json' | 'ndjson';
  /** See QueryOptions.maxRows; for `rows` and `columns`. */
  readonly maxRows?: number;
  /** See QueryOptions.readOnly. */
  readonly readOnly?: boolean;
  /** See QueryOptions.lane. */
  readonly lane?: Lane;
  /** See QueryOptions.pipeline. */
  readonly pipeline?: boolean;
  /** Where it runs. Default `worker`; with `Placement: inline` or without workers: here. A wish: a full pool lends what it has. */
  readonly place?: PlaceWish;
}

export interface ExecutorStats {
  readonly workers: readonly WorkerStats[];
  readonly databases: Readonly<Record<string, DatabaseStats>>;
}

export abstract class QueryExecutor {
  /** @throws DatabaseError; `DB_UNKNOWN` for a name that is not configured */
  abstract execute<T extends object = Row>(request: ExecuteRequest & { readonly as?: 'rows' }): Promise<QueryResult<T>>;
  /** See Queryable.columns. */
  abstract execute(request: ExecuteRequest & { readonly as: 'columns' }): Promise<ColumnResult>;
  /** See Queryable.json; `deadline` is that of the whole reading. */
  abstract execute(request: ExecuteRequest & { readonly as: 'json' | 'ndjson' }): Promise<BytesResult>;
  abstract stats(): ExecutorStats;
}
