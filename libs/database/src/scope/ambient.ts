// The transaction that the code which is running now stands in, one for each database. Data only.

export interface Ambient {
  /** Whose transaction it is: that of another database is a stranger. */
  readonly owner: object;
  /** Undefined: suspended, what runs here is outside of any. */
  readonly transaction: object | undefined;
  readonly outer: Ambient | undefined;
}

/** The innermost of `owner`. */
export function ambientOf(owner: object, innermost: Ambient | undefined): Ambient | undefined {
  for (let ambient = innermost; ambient !== undefined; ambient = ambient.outer) {
    if (ambient.owner === owner) return ambient;
  }
  return undefined;
}
