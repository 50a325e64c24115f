// One level of a transaction: the whole, or a savepoint in it. Which of them has the connection, what waits for its end, and
// who stands inside of whom.

export type Hook = () => void | Promise<void>;

export class Level {
  /** Savepoints that have not ended, and the end of the last of them. */
  nested = 0;
  lastNested: Promise<void> | undefined;
  #commit: Hook[] = [];
  #rollback: Hook[] = [];

  constructor(readonly outer?: Level) {}

  /** It is `other`, or a savepoint somewhere inside of it. */
  within(other: Level): boolean {
    return other === this || this.outer?.within(other) === true;
  }

  afterCommit(hook: Hook): void {
    this.#commit.push(hook);
  }

  afterRollback(hook: Hook): void {
    this.#rollback.push(hook);
  }

  /** A savepoint that was released has happened when the whole has: its hooks wait for that. */
  committed(): readonly Hook[] {
    const hooks = this.#commit;
    if (this.outer === undefined) return hooks;
    this.outer.#commit.push(...this.#commit);
    this.outer.#rollback.push(...this.#rollback);
    return [];
  }

  rolledBack(): readonly Hook[] {
    return this.#rollback;
  }
}
