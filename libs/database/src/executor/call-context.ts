// What every call of one database shares: its name, clock, limits and what was learned; and the making of a call from
// what a caller says. It sends nothing.
import type { Clock } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { Limits } from '../connection/execution.js';
import { databaseError } from '../errors/database.error.js';
import { CallList } from '../observe/call-list.js';
import { LifecycleTrace } from '../observe/lifecycle-trace.js';
import type { QueryOptions } from '../query/query-options.js';
import { writes, type Statement } from '../query/statement.js';
import { currentScope } from '../scope/call-scope.js';
import { Budget } from './budget.js';
import type { CallOptions } from './call-options.js';
import { DeadlineQueue } from './deadline-queue.js';
import { Demotion } from './demotion.js';
import { sharedDecoder, type DecodeScheduler } from './decode-scheduler.js';
import { RetryBudget } from './retry-budget.js';
import { RoundTrip } from './round-trip.js';
import { sendOptions, serverTimeout, settingsPrelude, type RunOptions, type SendOptions } from './run-options.js';
import { StatementProfiles, type StatementProfile } from './statement-profile.js';

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
  /** A server that took writes refuses them now. */
  readonly onDemoted?: (connection: Connection) => void;
  /** Default: the one of the process. */
  readonly decoder?: DecodeScheduler;
}

/** Of a statement inside a transaction. */
export interface Inside {
  readonly outer: Budget;
  readonly harmless: true;
}

export class CallContext {
  readonly database: string;
  readonly target: string;
  readonly clock: Clock;
  readonly limits: ExecutorLimits;
  readonly deadlines: DeadlineQueue;
  readonly decoder: DecodeScheduler;
  readonly profiles = new StatementProfiles();
  readonly roundTrip = new RoundTrip();
  readonly retryBudget: RetryBudget;
  /** Those that wait or run. */
  readonly calls = new CallList();
  readonly trace: LifecycleTrace;
  readonly demotion: Demotion;
  /** Of the server, so far: who looks twice knows whether it lives. */
  answers = 0;
  readonly #onAnswer: () => void;
  readonly #defaultLimits: Limits;
  /** Of calls without wishes, at first sight and later: made once. */
  readonly #first: SendOptions;
  readonly #again: SendOptions;

  constructor(options: CallContextOptions) {
    const { maxRows, maxBytes } = options.limits;
    this.database = options.database;
    this.target = options.target;
    this.clock = options.clock;
    this.limits = options.limits;
    this.trace = new LifecycleTrace(options.database, options.target);
    this.deadlines = new DeadlineQueue(options.clock);
    this.retryBudget = new RetryBudget(options.clock.now());
    this.decoder = options.decoder ?? sharedDecoder;
    this.#onAnswer = options.onAnswer;
    this.demotion = new Demotion((connection) => options.onDemoted?.(connection));
    this.#defaultLimits = { maxRows, maxBytes };
    this.#first = sendOptions({ form: 'rows', limits: this.#defaultLimits, prepare: false });
    this.#again = sendOptions({ form: 'rows', limits: this.#defaultLimits, prepare: true });
  }

  answered(): void {
    this.answers++;
    this.#onAnswer();
  }

  /**
   * Default of a call: AcquireTimeoutMs + StatementTimeoutMs; without a statement timeout, none. Never later than what it
   * stands in: a transaction, else a request.
   */
  budget(options: QueryOptions, outer?: Budget): Budget {
    const { acquireTimeoutMs, statementTimeoutMs } = this.limits;
    const timeoutMs = options.timeoutMs ?? (statementTimeoutMs > 0 ? acquireTimeoutMs + statementTimeoutMs : Infinity);
    const scope = currentScope();
    const { database } = this;
    const { signal } = options;
    return new Budget(this.deadlines, { database, timeoutMs, signal, outer: outer ?? scope?.request, scope });
  }

  /** For the library's own statements: a ROLLBACK has to run although its caller's time is over. */
  ownBudget(timeoutMs: number): Budget {
    return new Budget(this.deadlines, { database: this.database, timeoutMs });
  }

  /**
   * One statement as a call that waits to be sent; `new RowsCall(context, context.describe(…))`.
   * @throws DB_PARAMETERS, DB_CANCELLED
   */
  describe(statement: Statement, options: RunOptions, inside?: Inside): CallOptions {
    const profile = this.profiles.of(statement.text);
    const settings = this.#settings(options, profile, inside);
    const transactionTimeoutMs = inside && this.#serverTimeout(options);
    return {
      statement,
      profile,
      budget: this.budget(options, inside?.outer),
      send: this.#sendOptions(options, profile.sights++ > 0, settings?.prelude),
      harmless: inside?.harmless ?? options.readOnly === true,
      idempotent: options.idempotent === true,
      statementTimeoutMs: settings?.timeoutMs ?? transactionTimeoutMs ?? this.limits.statementTimeoutMs,
      transactionTimeoutMs,
      writes: inside !== undefined && writes(statement) && options.readOnly !== true,
      preludeMayGo: settings !== undefined && options.settings === undefined,
      lane: options.lane,
    };
  }

  /** A command of the library's own: nothing of it is learned. */
  command(statement: Statement, budget: Budget, harmless: boolean): CallOptions {
    const { statementTimeoutMs } = this.limits;
    return { statement, budget, send: this.#again, harmless, statementTimeoutMs };
  }

  #sendOptions(options: RunOptions, prepare: boolean, prelude: Statement | undefined): SendOptions {
    if (options.maxRows === undefined && prelude === undefined) return prepare ? this.#again : this.#first;
    const limits = options.maxRows === undefined ? this.#defaultLimits : this.#ownLimits(options.maxRows);
    return sendOptions({ form: 'rows', limits, prepare, prelude: prelude && [prelude] });
  }

  #ownLimits(maxRows: number): Limits {
    if (Number.isInteger(maxRows) && maxRows >= 0) return { ...this.#defaultLimits, maxRows };
    const message = `maxRows must be a whole number from 0, got ${String(maxRows)}`;
    throw databaseError({ code: 'DB_PARAMETERS', message, database: this.database });
  }

  /**
   * A time longer than the server's own limit must be told to the server. Inside a transaction such a setting would last
   * to its end: there HeldConnection sees to it.
   */
  #settings(
    options: RunOptions,
    profile: StatementProfile,
    inside: Inside | undefined,
  ): { prelude: Statement; timeoutMs: number } | undefined {
    const own = this.limits.statementTimeoutMs;
    const ms = profile.alone || inside !== undefined ? own : this.#serverTimeout(options);
    if (ms === own && options.settings === undefined) return undefined;
    const all = ms === own ? { ...options.settings } : { statement_timeout: String(ms), ...options.settings };
    return { prelude: settingsPrelude(all), timeoutMs: ms };
  }

  /** Never shorter than the key says: a shorter time is kept here, and cancels. */
  #serverTimeout({ timeoutMs }: RunOptions): number {
    const own = this.limits.statementTimeoutMs;
    return own > 0 && timeoutMs !== undefined && timeoutMs > own ? serverTimeout(timeoutMs) : own;
  }
}
