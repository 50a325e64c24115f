// Runs statements by the name of their database. One per module; the abstract class is also the injection token.
import type { PoolStats } from '@hydrogen/pool';
import type { WorkerStats } from '../connection/worker-stats.js';
import type { Params } from '../query/compile-query.js';
import type { QueryResult, Row } from '../query/query-result.js';
import type { Sql } from '../query/row-queryable.js';

export interface ExecuteRequest {
  /** Name in the configuration. */
  readonly database: string;
  readonly sql: Sql;
  readonly params?: Params;
  /** Epoch milliseconds (`Date.now() + 200`) by which the call has settled; made monotonic at the door. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
  /** See QueryOptions.maxRows. */
  readonly maxRows?: number;
  /** See QueryOptions.readOnly. */
  readonly readOnly?: boolean;
}

export interface ExecutorStats {
  readonly workers: readonly WorkerStats[];
  readonly databases: Readonly<Record<string, PoolStats>>;
}

export abstract class QueryExecutor {
  /** @throws DatabaseError; `DB_UNKNOWN` for a name that is not configured */
  abstract execute<T extends object = Row>(request: ExecuteRequest): Promise<QueryResult<T>>;
  abstract stats(): ExecutorStats;
}
