// The figures of one database's pool as an operator asks for them: now, since the start, and connection by connection.
import type { PoolStats } from '@hydrogen/pool';
import type { DatabaseExecutor } from './executor/database-executor.js';
import type { TransactionFigures } from './executor/transaction-watch.js';
import { connectionFigures, type ConnectionFigures } from './observe/connection-figures.js';
import type { PoolCounters, PoolTimes } from './observe/pool-figures.js';
import type { PoolRecorder } from './observe/pool-recorder.js';

export interface DatabasePoolStats extends PoolStats {
  /** The database's. */
  readonly name: string;
  readonly counters: PoolCounters;
  readonly times: PoolTimes;
  readonly transactions: TransactionFigures;
  readonly connections: readonly ConnectionFigures[];
}

export function poolStats(executor: DatabaseExecutor, recorder: PoolRecorder): DatabasePoolStats {
  const { pool } = executor;
  return {
    name: pool.name,
    ...pool.stats(),
    counters: recorder.counters(),
    times: recorder.times(),
    transactions: executor.transactionFigures(),
    connections: pool.entries().map(connectionFigures),
  };
}
