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

/**
 * What a failed create means. `retry`: not yet; tried again with backoff while anyone waits. `refused`: no retry heals it (wrong
 * password, unknown database); tried once in `circuitMs`, for asking again does harm there. `fatal`: no retry heals it either, but
 * asking costs nothing (a certificate, a file); the next who comes is the next attempt. `full`: the far side has no room for more
 * than is open.
 */
export type CreateFailure = 'retry' | 'refused' | 'fatal' | 'full';

export interface ResourceManager<T extends object> {
  /**
   * Makes one resource. Called by the pool on `connectTimeoutMs`, never on a borrower's deadline. A throw is a failed attempt. A
   * result that comes after the deadline is destroyed.
   */
  create(context: CreateContext): Promise<T>;
  /**
   * What this failure of a `create` means. `refused` fails at once, with that very error, all waiters whom nothing that is open can
   * serve, and those who come within `circuitMs` with CircuitOpenError; `fatal` those who wait only. `full` fails nobody: waiters wait for what comes back.
   * Default, and after a throw: `retry`.
   */
  classifyFailure?(error: unknown): CreateFailure;
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
