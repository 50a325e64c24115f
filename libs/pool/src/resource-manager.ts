// The port below the pool: how a resource is made, proved, cleaned and ended.
// The pool says when and with which budget; what a resource is stays unknown to it.
import type { CloseReason } from './close-reason.js';

/** What can run out of time: the wait in the queue, or one of the manager's four duties. */
export type Step = 'wait' | 'connect' | 'validate' | 'reset';

/** What one step may spend. */
export interface StepContext {
  /** Instant on the pool's clock at which the step counts as failed. */
  readonly deadline: number;
  /** Aborts at the deadline, when the resource is lost meanwhile, and when the pool is cut short. */
  readonly signal: AbortSignal;
}

export interface CreateContext extends StepContext {
  /** Where the borrower would like the resource to stand; a wish. */
  readonly place?: string;
  /**
   * Reports the resource's death, at any later time, once; more calls are ignored. An idle resource leaves the pool at once, a lent
   * one when it comes back.
   */
  readonly lost: (reason: Error) => void;
}

export interface ResourceManager<T extends object> {
  /**
   * Makes one resource. Called by the pool on `connectTimeoutMs`, never on a borrower's deadline. A throw is a failed attempt. A
   * result that comes after the deadline is destroyed.
   */
  create(context: CreateContext): Promise<T>;
  /**
   * True for a failed `create` that no retry can heal (wrong password, unknown database): all present waiters fail at once with
   * that very error. Otherwise the pool tries again with backoff as long as anyone waits. Default: never.
   */
  isFatal?(error: unknown): boolean;
  /** Where a resource stands, in the words of `AcquireOptions.place`; undefined = it does not matter. Default: as was wished. */
  placeOf?(resource: T): string | undefined;
  /** Proves that the resource lives, on `validationTimeoutMs`: by keepalive, and before a lend after a long rest. A throw means broken. */
  validate(resource: T, context: StepContext): Promise<void>;
  /**
   * Cleans at release, on `resetTimeoutMs`. `undefined` = was clean, no promise, no round trip; a promise = being cleaned;
   * `'discard'` or a throw = never lend again. `context` is a function because most resets need none.
   */
  reset(resource: T, context: () => StepContext): undefined | 'discard' | Promise<void | 'discard'>;
  /** Ends the resource, on `destroyTimeoutMs`. Its slot stays taken until this settles or the time is over. A throw is ignored. */
  destroy(resource: T, reason: CloseReason, context: StepContext): Promise<void>;
}
