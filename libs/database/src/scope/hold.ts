// A connection that is held while a callback runs, as its callback's calls see it. Data only; who is a deadlock is the executor's to say.

export interface Hold {
  /** Whose connection it is: holds of another database are strangers. */
  readonly owner: object;
  /** Where it was acquired. */
  readonly stack: Error;
  /** On the clock of the pools. */
  readonly since: number;
  /** The hold around it, of whatever database. */
  readonly outer: Hold | undefined;
  /** Calls from within that wait for one more connection of the same owner. */
  waiting: number;
}

/** All of `owner`, from the innermost. */
export function* holdsOf(owner: object, innermost: Hold | undefined): Generator<Hold> {
  for (let hold = innermost; hold !== undefined; hold = hold.outer) if (hold.owner === owner) yield hold;
}
