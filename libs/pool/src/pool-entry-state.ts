// The states of one entry, the table of lawful moves, and the one function through which every move goes.
// No boolean pairs elsewhere: what an entry may do next is read here. docs/lifecycle.md is drawn from the table.
import { IllegalTransitionError } from './errors/illegal-transition.error.js';

/**
 * connecting: being made. idle: may be lent. leased: a borrower has it. resetting: being cleaned after a release. reserved: the pool
 * itself holds it to prove it alive, so nobody can be handed it. closing: being destroyed, its slot is still taken. closed: gone.
 */
export type EntryState = 'connecting' | 'idle' | 'leased' | 'resetting' | 'reserved' | 'closing' | 'closed';

export const TRANSITIONS = {
  connecting: ['idle', 'closing', 'closed'],
  idle: ['leased', 'reserved', 'closing'],
  leased: ['idle', 'resetting', 'closing'],
  resetting: ['idle', 'closing'],
  reserved: ['idle', 'closing'],
  closing: ['closed'],
  closed: [],
} as const satisfies Readonly<Record<EntryState, readonly EntryState[]>>;

export interface Stateful {
  state: EntryState;
}

/** @throws IllegalTransitionError, which is always a bug of the pool. */
export function transition(entry: Stateful, to: EntryState): void {
  const lawful: readonly EntryState[] = TRANSITIONS[entry.state];
  if (!lawful.includes(to)) throw new IllegalTransitionError('entry', entry.state, to);
  entry.state = to;
}
