// QueryExecutor over the manager's databases.
import type { DatabaseManager } from './database-manager.js';
import { restack } from './errors/restack.js';
import type { BytesResult } from './executor/byte-stream.js';
import type { ColumnResult } from './executor/columns-call.js';
import { QueryExecutor, type ExecuteRequest, type ExecutorStats } from './executor/query-executor.js';
import { compileQuery } from './query/compile-query.js';
import type { QueryResult, Row } from './query/query-result.js';

/** A deadline that has passed already still makes a call: it fails at once, as any call at its deadline. */
const SHORTEST_MS = 0.001;

export class ManagedQueryExecutor extends QueryExecutor {
  constructor(private readonly manager: DatabaseManager) {
    super();
  }

  execute<T extends object = Row>(request: ExecuteRequest & { readonly as?: 'rows' }): Promise<QueryResult<T>>;
  execute(request: ExecuteRequest & { readonly as: 'columns' }): Promise<ColumnResult>;
  execute(request: ExecuteRequest & { readonly as: 'json' | 'ndjson' }): Promise<BytesResult>;
  async execute(request: ExecuteRequest): Promise<QueryResult | ColumnResult | BytesResult> {
    const { database, sql, params, deadline, as = 'rows', ...given } = request;
    try {
      // Worker-backed, as this door promises, unless the configuration keeps everything here.
      const place = given.place ?? (this.manager.settings.Placement === 'inline' ? 'inline' : 'worker');
      const timeoutMs = deadline === undefined ? undefined : Math.max(SHORTEST_MS, deadline - Date.now());
      const { executor, database: found } = this.manager.runtime(database);
      const options = { ...given, place, timeoutMs };
      switch (as) {
        case 'columns':
          return await found.columns(sql, params, options);
        case 'json':
          return await found.json(sql, params, options);
        case 'ndjson':
          return await found.ndjson(sql, params, options);
        default:
          return await executor.current.run(compileQuery(sql, params), options);
      }
    } catch (error) {
      throw restack(error);
    }
  }

  stats(): ExecutorStats {
    return { workers: this.manager.workerStats(), databases: this.manager.stats() };
  }
}
