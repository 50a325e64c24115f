// One deadline for the whole way of a call. Made at the door from timeoutMs and signal; every step takes what is left.
// It lives on the pool's clock: monotonic, and held still by tests. One is made for every call, so it holds no closures.
import { setMaxListeners } from 'node:events';
import type { Clock } from '@hydrogen/pool';
import type { CancelReason } from '../connection/execution.js';
import { nextCallId } from '../observe/call-id.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { DeadlineStep } from '../errors/error-data.js';
import type { CallScope } from '../scope/call-scope.js';
import type { OuterLimits } from '../scope/request-scope.js';
import { Expiring, type DeadlineQueue } from './deadline-queue.js';

export interface BudgetOptions {
  readonly database: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The transaction's budget, for a statement inside it; else the request's. The earlier instant counts, and both signals. */
  readonly outer?: OuterLimits;
  /** What the caller stands in. */
  readonly scope?: CallScope;
}

const NO_SIGNALS: readonly AbortSignal[] = [];

export class Budget {
  readonly startedAt: number;
  /** On the clock; Infinity = none. */
  readonly deadline: number;
  /** The caller's own, and the transaction's; not joined by AbortSignal.any, which a long-lived signal would remember. */
  readonly signals: readonly AbortSignal[];
  /** Kept, because what happens later to the call happens in a socket's or a timer's context. */
  readonly scope: CallScope | undefined;
  readonly #deadlines: DeadlineQueue;
  readonly #clock: Clock;
  readonly #database: string;
  #id = 0;

  /** @throws DB_PARAMETERS when timeoutMs or signal are none; DB_CANCELLED when a signal has aborted already */
  constructor(deadlines: DeadlineQueue, { database, timeoutMs, signal, outer, scope }: BudgetOptions) {
    if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
      throw refuse(database, `timeoutMs must be a number of milliseconds above 0, got ${String(timeoutMs)}`);
    }
    if (signal !== undefined && !isSignal(signal)) throw refuse(database, 'signal must be an AbortSignal');
    this.#deadlines = deadlines;
    this.#clock = deadlines.clock;
    this.#database = database;
    this.scope = scope;
    this.startedAt = this.#clock.now();
    const own = this.startedAt + timeoutMs;
    this.deadline = outer !== undefined && outer.deadline < own ? outer.deadline : own;
    this.signals = signal === undefined ? (outer?.signals ?? NO_SIGNALS) : [signal, ...(outer?.signals ?? NO_SIGNALS)];
    if (this.signals.length === 0) return;
    // One signal may well end a thousand calls: that is no leak of listeners.
    for (const each of this.signals) setMaxListeners(0, each);
    if (this.aborted) throw this.cancelled();
  }

  /** The call's number in reports and events; made when somebody asks. */
  get id(): number {
    return (this.#id ||= nextCallId());
  }

  /** The signal that has aborted. */
  get aborted(): AbortSignal | undefined {
    return this.signals.length === 0 ? undefined : this.signals.find((signal) => signal.aborted);
  }

  /** Time is up, or a signal has aborted. */
  get over(): boolean {
    return this.aborted !== undefined || this.#clock.now() >= this.deadline;
  }

  /** @throws what the caller is to hear when its time is over */
  check(step: DeadlineStep): void {
    if (this.over) throw this.ended(step);
  }

  /** What the caller hears of a budget that is over: of the signal if one aborted, else of the time. */
  ended(step: DeadlineStep): DatabaseError {
    return this.aborted ? this.cancelled() : this.exceeded(step);
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.startedAt;
  }

  /** Calls `fn` once, with the caller's error, when time is over or a signal aborts. Returns the way to call it off. */
  onEnd(step: DeadlineStep, fn: (error: DatabaseError, reason: CancelReason) => void): () => void {
    const watch = new EndWatch(this.#deadlines, this, step, fn);
    // A signal that has aborted already will not say so again.
    const now = this.#clock.now();
    this.#deadlines.add(watch, this.aborted === undefined ? this.deadline : now, now);
    for (const signal of this.signals) signal.addEventListener('abort', watch.onAbort, { once: true });
    return watch.stop;
  }

  exceeded(step: DeadlineStep, cause?: unknown): DatabaseError {
    const database = this.#database;
    const budget = Math.round(this.deadline - this.startedAt);
    return databaseError(
      {
        code: 'DB_DEADLINE',
        message: `${database}: the deadline of ${budget} ms passed${this.#whose()} (step: ${step})`,
        database,
        step,
        // Nothing was sent yet.
        retryable: step === 'acquire' || step === 'connect',
        elapsedMs: Math.round(this.elapsedMs),
      },
      { cause },
    );
  }

  #aborter(): string {
    const gone = this.scope?.request?.signals.some((signal) => signal === this.aborted) === true;
    return gone ? 'the end of the request: its client has left' : "the caller's signal";
  }

  /** A person who reads it has to know where the figure comes from. */
  #whose(): string {
    return this.scope?.request?.deadline === this.deadline ? ", the request's" : '';
  }

  cancelled(): DatabaseError {
    const database = this.#database;
    return databaseError(
      { code: 'DB_CANCELLED', message: `${database}: cancelled by ${this.#aborter()}`, database },
      { cause: this.aborted?.reason },
    );
  }
}

class EndWatch extends Expiring {
  constructor(
    private readonly deadlines: DeadlineQueue,
    private readonly budget: Budget,
    private readonly step: DeadlineStep,
    private readonly fn: (error: DatabaseError, reason: CancelReason) => void,
  ) {
    super();
  }

  readonly onAbort = (): void => {
    this.stop();
    this.fn(this.budget.cancelled(), 'signal');
  };

  readonly stop = (): void => {
    this.deadlines.remove(this);
    for (const signal of this.budget.signals) signal.removeEventListener('abort', this.onAbort);
  };

  expire(): void {
    this.stop();
    if (this.budget.aborted) this.fn(this.budget.cancelled(), 'signal');
    else this.fn(this.budget.exceeded(this.step), 'deadline');
  }
}

/** Judged by its shape: an AbortController given instead of its signal is the usual slip. */
function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}

function refuse(database: string, message: string): DatabaseError {
  return databaseError({ code: 'DB_PARAMETERS', message, database });
}
