// The connect phase ran out of time: said by the socket's thread, or by the main thread when a worker did not get to it.
import { databaseError, type DatabaseError } from './database.error.js';

/** @param target host:port, or the socket's path */
export function connectTimeout(database: string, target: string, budgetMs: number): DatabaseError {
  return databaseError({
    code: 'DB_CONNECT_TIMEOUT',
    message: `${database}: ${target} did not answer within ConnectTimeoutMs (${Math.round(budgetMs)} ms)`,
    database,
  });
}
