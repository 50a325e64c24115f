// What every call of one database shares: its name, clock and limits, and the two small things made from them, a budget
// and a result.
import type { Clock } from '@hydrogen/pool';
import { DatabaseError, databaseError } from '../errors/database.error.js';
import type { QueryOptions } from '../query/query-options.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import { Budget } from './budget.js';
import type { CollectedRows } from './collect-rows.js';
import type { HeldConnection } from './held-connection.js';
import type { StatementRules } from './statement-run.js';

/** The keys of `docs/configuration.md` that calls are bound by; durations in milliseconds, 0 = off where it may be. */
export interface ExecutorLimits {
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly cancelTimeoutMs: number;
  readonly maxRows: number;
  readonly maxBytes: number;
}

export interface CallContextOptions {
  readonly database: string;
  /** `host:port`, for messages. */
  readonly target: string;
  readonly clock: Clock;
  readonly limits: ExecutorLimits;
  /** The server answered a call; an SQL error is an answer. Evidence for health that costs no query. */
  readonly onAnswer: () => void;
}

export class CallContext {
  readonly database: string;
  readonly target: string;
  readonly clock: Clock;
  readonly limits: ExecutorLimits;
  readonly #onAnswer: () => void;

  constructor(options: CallContextOptions) {
    this.database = options.database;
    this.target = options.target;
    this.clock = options.clock;
    this.limits = options.limits;
    this.#onAnswer = options.onAnswer;
  }

  /** What a statement came to, passed on; an answer of the server is noted. */
  async answered(result: Promise<CollectedRows>): Promise<CollectedRows> {
    try {
      const rows = await result;
      this.#onAnswer();
      return rows;
    } catch (error) {
      if (error instanceof DatabaseError && error.sqlState && error.code !== 'DB_CONNECTION_LOST') this.#onAnswer();
      throw error;
    }
  }

  /** Default of a call: AcquireTimeoutMs + StatementTimeoutMs; without a statement timeout, none. */
  budget(options: QueryOptions, outer?: Budget): Budget {
    const { acquireTimeoutMs, statementTimeoutMs } = this.limits;
    const timeoutMs = options.timeoutMs ?? (statementTimeoutMs > 0 ? acquireTimeoutMs + statementTimeoutMs : Infinity);
    return new Budget(this.clock, { database: this.database, timeoutMs, signal: options.signal, outer });
  }

  rules(options: QueryOptions): StatementRules {
    const { statementTimeoutMs, cancelTimeoutMs, maxRows, maxBytes } = this.limits;
    if (options.maxRows !== undefined && !(Number.isInteger(options.maxRows) && options.maxRows >= 0)) {
      const message = `maxRows must be a whole number from 0, got ${String(options.maxRows)}`;
      throw databaseError({ code: 'DB_PARAMETERS', message, database: this.database });
    }
    return {
      database: this.database,
      clock: this.clock,
      statementTimeoutMs,
      cancelTimeoutMs,
      limits: { maxRows: options.maxRows ?? maxRows, maxBytes },
    };
  }

  /** One statement of a lease or a transaction. */
  async runHeld<T>(
    held: HeldConnection,
    statement: Statement,
    options: QueryOptions,
    { harmless, outer }: { harmless: boolean; outer?: Budget },
  ): Promise<QueryResult<T>> {
    const budget = this.budget(options, outer);
    const rows = await this.answered(held.run(statement, budget, this.rules(options), harmless));
    return this.result<T>(rows, budget, 0);
  }

  result<T>({ rows, end }: CollectedRows, budget: Budget, acquireMs: number): QueryResult<T> {
    const totalMs = budget.elapsedMs;
    return {
      rows: rows as T[],
      rowCount: end.rowCount,
      fields: end.fields,
      command: end.command,
      timings: { acquireMs, executeMs: totalMs - acquireMs, totalMs },
    };
  }
}
