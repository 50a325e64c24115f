// The public door, and the only barrel of this library.
export { DatabaseModule } from './database.module.js';
export type {
  DatabaseModuleAsyncOptions,
  DatabaseModuleOptions,
  DatabaseOptionsFactory,
  TypeCodec,
} from './database-options.js';
export type { HostAddress, HostLookup } from './hosts/addresses.js';
export type { HostStats } from './hosts/database-hosts.js';
export { Database, type DatabasePool } from './database.js';
export { DatabaseManager } from './database-manager.js';
export type { DatabaseReport, ManagerReport } from './database-report.js';
export {
  InjectDatabase,
  InjectDatabaseManager,
  type DatabaseName,
  type DatabaseNames,
} from './decorators/inject-database.js';
export { Transactional, type TransactionalOptions } from './decorators/transactional.js';
export { ClsTransactionalAdapter, type ClsTransactionalAdapterOptions } from './adapters/cls-transactional.adapter.js';
export type { HeldLock, LockOptions } from './executor/advisory-lock.js';
export { getDatabaseToken } from './decorators/database-tokens.js';
export { QueryExecutor, type ExecuteRequest, type ExecutorStats } from './executor/query-executor.js';
export type { WorkerStats } from './connection/worker-stats.js';
export type { DatabaseLease } from './executor/pooled-lease.js';
export type { Transaction } from './executor/transaction/pooled-transaction.js';
export type { Params } from './query/compile-query.js';
export type { DatabaseStats, StatementStats } from './executor/database-stats.js';
export type { PipelineStats } from './executor/pipelines.js';
export type { PlaceWish } from './executor/run-options.js';
export type { IsolationLevel, Lane, Propagation, QueryOptions, TransactionOptions } from './query/query-options.js';
export type { FieldInfo, QueryResult, Row, Timings } from './query/query-result.js';
export { Queryable, type BatchStatement, type CursorOptions, type StreamOptions } from './executor/queryable.js';
export type { CopyResult } from './executor/copy-call.js';
export type { CopySource } from './executor/copy-source.js';
export type { Gap, ListenOptions, Notification, NotificationHandler, Subscription } from './executor/subscription.js';
export type { Cursor } from './executor/cursor.js';
export type { BytesForm, BytesResult } from './executor/byte-stream.js';
export type { ColumnResult } from './executor/columns-call.js';
export type { RowStream } from './executor/row-stream.js';
export type { Column } from './connection/execution.js';
export type { Sql } from './query/row-queryable.js';
export { sql, type SqlFragment } from './query/sql.js';
export type { DatabasePoolStats } from './database-pool-stats.js';
export type { TransactionFigures } from './executor/transaction-watch.js';
export type { ConnectionFigures } from './observe/connection-figures.js';
export type { InflightCall, InflightState } from './observe/inflight-call.js';
export { onDatabaseEvents, type LifecycleListener } from './observe/lifecycle-channels.js';
export {
  LIFECYCLE_EVENTS,
  type ConnectionLabel,
  type LifecycleEvent,
  type LifecycleEvents,
} from './observe/lifecycle-events.js';
export type { HistogramFigures } from './observe/log-histogram.js';
export type { PoolCounters, PoolTimes } from './observe/pool-figures.js';
export type { ServerReport, Verdict } from './observe/server-check.js';
export {
  DatabaseAdmissionError,
  DatabaseConfigurationError,
  DatabaseConnectionError,
  DatabaseConstraintError,
  DatabaseError,
  DatabaseStatementError,
  DatabaseTimeoutError,
  DatabaseUsageError,
} from './errors/database.error.js';
export { ERROR_CODES, type DatabaseErrorCode } from './errors/error-code.js';
export type { DeadlineStep } from './errors/error-data.js';
export {
  hasCode,
  isCheckViolation,
  isDatabaseError,
  isExclusionViolation,
  isForeignKeyViolation,
  isNotFound,
  isNotNullViolation,
  isTimeout,
  isTransactionConflict,
  isUniqueViolation,
} from './errors/guards.js';
export { RequestDeadline, type RequestDeadlineOptions } from './request/request-deadline.js';
export { RequestDeadlineInterceptor, REQUEST_DEADLINE_OPTIONS } from './request/request-deadline.interceptor.js';
export { detached } from './scope/call-scope.js';
export { streamJson, type StreamJsonOptions } from './streaming/stream-json.js';
export { DatabaseExceptionFilter, problemOf, type DatabaseProblem } from './filter/database-exception.filter.js';
export { DatabaseHealthIndicator } from './health/database.health.js';
export { HealthModule } from './health/health.module.js';
export type { HealthStatus } from './health/health-tracker.js';
// What of the strangers below a user needs to hold.
export { ConfigInvalidError, Secret, type ConnectionConfig, type DatabasesConfig } from '@hydrogen/config';
export type { PoolStats } from '@hydrogen/pool';
