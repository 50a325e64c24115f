// Finds the one wait that time cannot end: every connection of the pool is held by a callback that itself waits for one
// more. The call that would complete the circle is refused; one that waits behind busy connections never is.
import type { Pool } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { holdsOf, type Hold } from '../scope/hold.js';
import type { CallContext } from './call-context.js';

/** Stacks in an error: those of the oldest holders. */
const SHOWN = 5;

export class DeadlockGuard {
  readonly #holds = new Set<Hold>();

  constructor(
    private readonly pool: Pool<Connection>,
    private readonly context: CallContext,
  ) {}

  /** @param outer the hold around it */
  hold(stack: Error, outer: Hold | undefined): Hold {
    const hold: Hold = { owner: this, stack, since: this.context.clock.now(), outer, waiting: 0 };
    this.#holds.add(hold);
    return hold;
  }

  released(hold: Hold): void {
    this.#holds.delete(hold);
  }

  /**
   * A call is about to wait for a connection. Followed by `left`, unless it is refused here.
   * @param within the innermost hold around the call
   */
  enter(within: Hold | undefined): DatabaseError | undefined {
    if (within === undefined) return undefined;
    for (const hold of holdsOf(this, within)) hold.waiting++;
    const refusal = this.#hopeless() ? this.#refusal() : undefined;
    if (refusal) this.left(within);
    return refusal;
  }

  left(within: Hold | undefined): void {
    if (within !== undefined) for (const hold of holdsOf(this, within)) hold.waiting--;
  }

  /** Nothing is idle, comes, goes or is in shared use, and who holds a connection waits for another. */
  #hopeless(): boolean {
    const { ceiling, total, leased, standing } = this.pool.stats();
    if (total < ceiling || leased < total || standing > 0) return false;
    let waiting = 0;
    for (const hold of this.#holds) if (hold.waiting > 0) waiting++;
    return waiting >= leased;
  }

  #refusal(): DatabaseError {
    const { database, clock } = this.context;
    const { max, ...stats } = this.pool.stats();
    const now = clock.now();
    const holders = [...this.#holds]
      .filter(({ waiting }) => waiting > 0)
      .slice(0, SHOWN)
      .map(({ stack, since }) => ({ heldMs: Math.round(now - since), stack: stack.stack ?? '' }));
    const message =
      `${database}: deadlock: all ${max} connections (MaxConnections) are held by callers that wait for one ` +
      `more, this one among them; inside a callback use its own tx or lease, or raise MaxConnections`;
    return databaseError(
      { code: 'DB_SELF_DEADLOCK', message, database },
      { snapshot: { stats: { max, ...stats }, holders } },
    );
  }
}
