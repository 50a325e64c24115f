// One deadline for the whole way of a call. Made at the door from timeoutMs and signal; every step takes what is left.
// It lives on the pool's clock: monotonic, and held still by tests.
import type { Clock } from '@hydrogen/pool';
import type { CancelReason } from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { DeadlineStep } from '../errors/error-data.js';

export interface BudgetOptions {
  readonly database: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The transaction's budget, for a statement inside it: the earlier instant counts, and both signals. */
  readonly outer?: Budget;
}

export class Budget {
  readonly startedAt: number;
  /** On the clock; Infinity = none. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
  readonly #clock: Clock;
  readonly #options: BudgetOptions;

  /** @throws DB_PARAMETERS when timeoutMs is not a positive number; DB_CANCELLED when the signal is aborted already */
  constructor(clock: Clock, options: BudgetOptions) {
    const { timeoutMs, database, outer } = options;
    if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
      const message = `timeoutMs must be a number of milliseconds above 0, got ${String(timeoutMs)}`;
      throw databaseError({ code: 'DB_PARAMETERS', message, database });
    }
    this.#clock = clock;
    this.#options = options;
    this.startedAt = clock.now();
    this.deadline = Math.min(this.startedAt + timeoutMs, outer?.deadline ?? Infinity);
    this.signal = bothSignals(options.signal, outer?.signal);
    if (this.signal?.aborted) throw this.cancelled();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.startedAt;
  }

  /** Time is up, or the signal has aborted. */
  get over(): boolean {
    return this.signal?.aborted === true || this.#clock.now() >= this.deadline;
  }

  /** Calls `fn` once, with the caller's error, when time is over or the signal aborts. Returns the way to call it off. */
  onEnd(step: DeadlineStep, fn: (error: DatabaseError, reason: CancelReason) => void): () => void {
    // A signal that has aborted already will not say so again.
    const aborted = this.signal?.aborted === true;
    const timer = this.#clock.setTimer(aborted ? 0 : this.deadline - this.#clock.now(), () => {
      stop();
      if (aborted) fn(this.cancelled(), 'signal');
      else fn(this.exceeded(step), 'deadline');
    });
    const onAbort = (): void => {
      stop();
      fn(this.cancelled(), 'signal');
    };
    this.signal?.addEventListener('abort', onAbort, { once: true });
    const stop = (): void => {
      timer.cancel();
      this.signal?.removeEventListener('abort', onAbort);
    };
    return stop;
  }

  exceeded(step: DeadlineStep, cause?: unknown): DatabaseError {
    const { database } = this.#options;
    const budget = Math.round(this.deadline - this.startedAt);
    return databaseError(
      {
        code: 'DB_DEADLINE',
        message: `${database}: the deadline of ${budget} ms passed (step: ${step})`,
        database,
        step,
        // Nothing was sent yet.
        retryable: step === 'acquire' || step === 'connect',
        elapsedMs: Math.round(this.elapsedMs),
      },
      { cause },
    );
  }

  cancelled(): DatabaseError {
    const { database } = this.#options;
    return databaseError(
      { code: 'DB_CANCELLED', message: `${database}: cancelled by the caller's signal`, database },
      { cause: this.signal?.reason },
    );
  }
}

function bothSignals(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  return a && b ? AbortSignal.any([a, b]) : (a ?? b);
}
