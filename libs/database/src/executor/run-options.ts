// What the executor may be told of one call beyond the caller's own options, and how it becomes what a connection is told.
import { NO_LIMITS } from '../connection/connection.js';
import type { ExecuteOptions } from '../connection/execution.js';
import type { QueryOptions } from '../query/query-options.js';
import type { Statement } from '../query/statement.js';

/** Where a statement shall run: `auto` = as configured and learned. */
export type PlaceWish = 'auto' | 'worker' | 'inline';

/** Settings that hold for one statement only: `statement_timeout`, `role`, `search_path`, `app.…`. */
export type StatementSettings = Readonly<Record<string, string>>;

export interface RunOptions extends QueryOptions {
  readonly place?: PlaceWish;
  /** @internal Sent in front of the statement under its Sync: nothing is left behind, also when it fails. */
  readonly settings?: StatementSettings;
}

/** One statement's options on a connection of its own, and on one that it shares. */
export interface SendOptions {
  readonly own: ExecuteOptions;
  readonly shared: ExecuteOptions;
}

export interface SendOptionsOf extends Omit<ExecuteOptions, 'prelude' | 'shared'> {
  readonly prelude?: readonly Statement[] | undefined;
}

export function sendOptions({ prelude, ...rest }: SendOptionsOf): SendOptions {
  const own: ExecuteOptions = { ...rest, ...(prelude && prelude.length > 0 ? { prelude } : {}) };
  return { own, shared: { ...own, shared: true } };
}

/** Of a result that is read while it comes: it has no size. */
export const STREAMED: Pick<ExecuteOptions, 'limits'> = { limits: NO_LIMITS };

/** The same statement with `first` in front of it, for a connection of its own. */
export function withPrelude({ own }: SendOptions, first: readonly Statement[]): SendOptions {
  const prelude = own.prelude === undefined ? first : [...first, ...own.prelude];
  const options = { ...own, prelude };
  return { own: options, shared: options };
}

/** `set_config(…, true)`: the statement before a Sync is in the same transaction, so the setting ends with the statement. */
export function settingsPrelude(settings: StatementSettings): Statement {
  const calls = Object.keys(settings).map((_, n) => `pg_catalog.set_config($${2 * n + 1}, $${2 * n + 2}, true)`);
  return {
    text: `select ${calls.join(', ')}`,
    parameters: Object.entries(settings).flat(),
    touches: [],
    reads: true,
    plain: false,
  };
}

/** PostgreSQL's settings of time end here; a longer one means none. */
const MAX_MS = 2 ** 31 - 1;
/** The server's limit lies behind the caller's deadline, so that it is always the deadline that is told. */
const SLACK_MS = 1_000;

/** What the server is to be told of a budget longer than its own limit: milliseconds, 0 = none. */
export function serverTimeout(budgetMs: number): number {
  const ms = Math.ceil(budgetMs) + SLACK_MS;
  return ms > MAX_MS ? 0 : ms;
}
