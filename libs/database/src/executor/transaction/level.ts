// One level of a transaction: the whole, or a savepoint in it. Which of them has the connection, what waits for its end, and
// who stands inside of whom.

export type Hook = () => void | Promise<void>;

export interface Doom {
  readonly why: string;
  readonly cause: unknown;
}

export class Level {
  /** Savepoints that have not ended, and the end of the last of them. */
  nested = 0;
  lastNested: Promise<void> | undefined;
  #commit: Hook[] = [];
  #rollback: Hook[] = [];

  #doom: Doom | undefined;

  constructor(readonly outer?: Level) {}

  /** Why nothing of it may be kept: it can only be undone, and what is inside of it as well. */
  get doomed(): Doom | undefined {
    return this.#doom ?? this.outer?.doomed;
  }

  doom(why: string, cause?: unknown): void {
    this.#doom ??= { why, cause };
  }

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
