// A duty of the resource manager outlived its budget. Borrowers see it only as the cause of something else.
import { PoolError } from './pool.error.js';

export class StepTimeoutError extends PoolError {
  readonly code = 'step-timeout';

  constructor(
    readonly step: 'connect' | 'validate' | 'reset' | 'destroy',
    readonly timeoutMs: number,
    /** What became of it, if it is more than that. */
    what?: string,
  ) {
    super(`${step} did not end within ${Math.round(timeoutMs)} ms${what === undefined ? '' : `; ${what}`}`);
  }
}
