// A duty of the resource manager outlived its budget. Borrowers see it only as the cause of something else.
import { PoolError } from './pool.error.js';

export class StepTimeoutError extends PoolError {
  readonly code = 'step-timeout';

  constructor(
    readonly step: 'connect' | 'validate' | 'reset' | 'destroy',
    readonly timeoutMs: number,
  ) {
    super(`${step} did not end within ${timeoutMs} ms`);
  }
}
