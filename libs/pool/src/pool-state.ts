// The pool's own states and the lawful moves between them. One way only, except that a pause may be lifted.
// docs/lifecycle.md is compared with this table by a spec.
import { IllegalTransitionError } from './errors/illegal-transition.error.js';

export type PoolState = 'running' | 'paused' | 'draining' | 'closed';

export const POOL_TRANSITIONS: Readonly<Record<PoolState, readonly PoolState[]>> = {
  running: ['paused', 'draining'],
  paused: ['running', 'draining'],
  draining: ['closed'],
  closed: [],
};

/** @throws IllegalTransitionError */
export function checkPoolMove(from: PoolState, to: PoolState): void {
  if (!POOL_TRANSITIONS[from].includes(to)) throw new IllegalTransitionError('pool', from, to);
}
