// One place of the pool with the resource in it, from the start of its connect to the end of its destroy.
// Data only; its state is changed by EntryRegistry.move alone.
import type { Loan } from './loan.js';
import type { EntryState } from './pool-entry-state.js';
import type { StepBudget } from './step-budget.js';

export interface EntryBirth {
  readonly place: string | undefined;
  readonly generation: number;
  readonly bornAt: number;
  /** Instant of retirement, jitter included; Infinity = never. */
  readonly retireAt: number;
}

export class PoolEntry<T extends object> {
  state: EntryState = 'connecting';
  /** Its number in the pool, from 1; never given again. */
  id = 0;
  /** Links of the idle stack. */
  above: PoolEntry<T> | undefined = undefined;
  below: PoolEntry<T> | undefined = undefined;

  /** As wished; from the end of its connect on, as it is. */
  place: string | undefined;
  readonly generation: number;
  readonly bornAt: number;
  readonly retireAt: number;

  lastUsedAt: number;
  /** Last instant at which it was known to live: created, returned or validated. */
  provenAt: number;
  /** The suspicion count at that instant; see PoolCore.suspicion. */
  provenUnder = 0;
  uses = 0;
  /** The place that its last borrower would rather have had. */
  misplacedFor: string | undefined = undefined;
  /** Its connect takes so long that another was begun in its place: it may come, but nobody counts on it. */
  overdue = false;
  /** To be replaced: closed when it is next in the pool's hands. */
  outdated = false;
  lost: Error | undefined = undefined;
  /** The manager's running duty, so that a loss or a shutdown can end it. */
  step: StepBudget | undefined = undefined;
  loan: Loan | undefined = undefined;
  #resource: T | undefined = undefined;

  constructor(birth: EntryBirth) {
    this.place = birth.place;
    this.generation = birth.generation;
    this.bornAt = this.lastUsedAt = this.provenAt = birth.bornAt;
    this.retireAt = birth.retireAt;
  }

  /** Undefined while it is being made. */
  get made(): T | undefined {
    return this.#resource;
  }

  get resource(): T {
    if (this.#resource === undefined) throw new Error('bug: an entry was read before its connect ended');
    return this.#resource;
  }

  set resource(resource: T) {
    this.#resource = resource;
  }
}
