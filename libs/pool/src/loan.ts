// The pool's record of one lease. The borrower's handle points here, never the other way round, so that the pool does not
// keep a forgotten handle alive.
import type { AcquireOptions } from './acquire-options.js';

export class Loan {
  ended = false;
  /** Ended by the pool, not by its borrower: the borrower's late release is then no mistake. */
  taken = false;
  wanted = false;
  /** Its handle is watched by LostHandles. */
  watched = false;
  leakReported = false;
  doubleReported = false;
  readonly standing: boolean;
  /** Held for good by design. */
  readonly kept: boolean;

  constructor(
    readonly options: AcquireOptions,
    readonly acquiredAt: number,
    readonly waitedMs: number,
  ) {
    this.standing = options.onWanted !== undefined;
    this.kept = options.onLost !== undefined;
  }

  /** Rendered only when somebody reads it: a V8 stack is dear. */
  get stack(): string | undefined {
    const { stack } = this.options;
    return typeof stack === 'object' ? stack.stack : stack;
  }
}
