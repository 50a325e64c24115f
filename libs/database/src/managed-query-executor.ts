// QueryExecutor over the manager's databases.
import type { DatabaseManager } from './database-manager.js';
import { restack } from './errors/restack.js';
import { QueryExecutor, type ExecuteRequest, type ExecutorStats } from './executor/query-executor.js';
import { compileQuery } from './query/compile-query.js';
import type { QueryResult, Row } from './query/query-result.js';

/** A deadline that has passed already still makes a call: it fails at once, as any call at its deadline. */
const SHORTEST_MS = 0.001;

export class ManagedQueryExecutor extends QueryExecutor {
  constructor(private readonly manager: DatabaseManager) {
    super();
  }

  async execute<T extends object = Row>(request: ExecuteRequest): Promise<QueryResult<T>> {
    const { database, sql, params, deadline, ...options } = request;
    try {
      // Worker-backed, as this door promises, unless the configuration keeps everything here.
      const place = options.place ?? (this.manager.settings.Placement === 'inline' ? 'inline' : 'worker');
      const timeoutMs = deadline === undefined ? undefined : Math.max(SHORTEST_MS, deadline - Date.now());
      const { executor } = this.manager.runtime(database);
      return await executor.run<T>(compileQuery(sql, params), { ...options, place, timeoutMs });
    } catch (error) {
      throw restack(error);
    }
  }

  stats(): ExecutorStats {
    return { workers: this.manager.workerStats(), databases: this.manager.stats() };
  }
}
