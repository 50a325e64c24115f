// An advisory lock of the server around a function: one of all processes runs it at a time. The lock lives in a session, so
// the session is held as long as the function runs, and who loses it has lost the lock.
import { databaseError } from '../errors/database.error.js';
import { compileQuery } from '../query/compile-query.js';
import type { CallContext } from './call-context.js';
import type { HeldConnection } from './held-connection.js';
import { RowsCall } from './rows-call.js';
import type { RunOptions } from './run-options.js';

export interface LockOptions {
  /** Time to get the lock, milliseconds; LockTimeoutMs ends the wait as well. Default: as of a query. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** false: do not wait for it; DB_LOCK_TIMEOUT at once where another has it. Default true. */
  readonly wait?: boolean;
  /** Others that ask for it shared have it at the same time. Default false. */
  readonly shared?: boolean;
}

export interface HeldLock {
  /** Aborts when the session is lost, and the lock with it: somebody else may have it from then on. */
  readonly signal: AbortSignal;
}

/** @param key of any length: 64 bits of its hash are the server's key, as of `hashtextextended(key, 0)` */
export async function lockOn(
  context: CallContext,
  held: HeldConnection,
  key: string,
  options: LockOptions,
): Promise<void> {
  const { wait = true, shared = false } = options;
  const name = `pg_catalog.pg_${wait ? '' : 'try_'}advisory_lock${shared ? '_shared' : ''}`;
  const rows = await run(context, held, `select ${name}(pg_catalog.hashtextextended($1, 0)) as got`, key, options);
  if (wait || rows[0]?.['got'] === true) return;
  const { database } = context;
  throw databaseError({ code: 'DB_LOCK_TIMEOUT', message: `${database}: another session holds the lock`, database });
}

/** What fails here is done by the reset of the connection. */
export async function unlock(context: CallContext, held: HeldConnection, key: string, shared = false): Promise<void> {
  const name = `pg_catalog.pg_advisory_unlock${shared ? '_shared' : ''}`;
  await run(context, held, `select ${name}(pg_catalog.hashtextextended($1, 0))`, key, {}).catch(() => {});
}

async function run(context: CallContext, held: HeldConnection, text: string, key: string, options: RunOptions) {
  const { timeoutMs, signal } = options;
  const described = context.describe(compileQuery(text, [key]), { timeoutMs, signal });
  return (await held.run(new RowsCall(context, { ...described, harmless: true }))).rows;
}
