// A move that the state table does not know: always a bug of the pool, never of its user.
import { PoolError } from './pool.error.js';

export class IllegalTransitionError extends PoolError {
  readonly code = 'illegal-transition';

  constructor(
    readonly subject: 'entry' | 'pool',
    readonly from: string,
    readonly to: string,
  ) {
    super(`bug: ${subject} may not move from '${from}' to '${to}'`);
  }
}
