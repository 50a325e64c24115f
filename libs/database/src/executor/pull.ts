// An async iterable that is read once, by hand or by `for await`, and is left by `return`, `break` or `await using`. What
// it gives and what leaving means is for its kinds. Errors show the caller who reads.
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { restack } from '../errors/restack.js';

const DONE: IteratorResult<never, undefined> = { value: undefined, done: true };

export abstract class Pull<T extends object> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  #iterated = false;
  #over = false;
  /** The step that is under way: another waits for it. */
  #step: Promise<unknown> | undefined;

  constructor(
    /** Of the database, for messages. */
    protected readonly database: string,
  ) {}

  /** A value that is here already. */
  protected ready(): T | undefined {
    return undefined;
  }

  /** The next value; undefined at the end. */
  protected abstract pull(): Promise<T | undefined>;

  /** The reader goes before the end. Once, must not throw. */
  protected abstract leave(error: DatabaseError): void;

  next(): Promise<IteratorResult<T, undefined>> {
    const before = this.#step;
    if (before === undefined && !this.#over) {
      const value = this.ready();
      if (value !== undefined) return Promise.resolve({ value, done: false });
    }
    const step = before === undefined ? this.#pull() : this.#after(before);
    this.#step = step;
    const over = (): void => {
      if (this.#step === step) this.#step = undefined;
    };
    step.then(over, over);
    return step;
  }

  /** Leaves it: what has not been read is given up, and its connection is free again. Idempotent. */
  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#over) {
      this.#over = true;
      const message = `${this.database}: the reader has left the result before its end`;
      this.leave(databaseError({ code: 'DB_CANCELLED', message, database: this.database }));
    }
    return DONE;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** @throws DB_RELEASED the second time: a result is not kept */
  [Symbol.asyncIterator](): this {
    if (!this.#iterated) {
      this.#iterated = true;
      return this;
    }
    const message = `${this.database}: a streamed result can be read once`;
    throw databaseError({ code: 'DB_RELEASED', message, database: this.database });
  }

  async #pull(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return DONE;
    try {
      const value = this.ready() ?? (await this.pull());
      // It was left meanwhile: nobody wants the value.
      if (this.#over) return DONE;
      if (value !== undefined) return { value, done: false };
      this.#over = true;
      return DONE;
    } catch (error) {
      if (this.#over) return DONE;
      this.#over = true;
      throw restack(error);
    }
  }

  async #after(step: Promise<unknown>): Promise<IteratorResult<T, undefined>> {
    await step.catch(() => {});
    return this.#pull();
  }
}
