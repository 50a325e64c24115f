// A connection of one's own for a while: `LISTEN`, session settings, temporary tables. Cleaned when it is given back.
import { Queryable } from './queryable.js';
import type { QueryOptions } from '../query/query-options.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import { batchOf } from './batch-call.js';
import type { CallContext } from './call-context.js';
import { OpenCalls, type CallPort } from './call-port.js';
import type { HeldConnection } from './held-connection.js';
import { releasedError } from './pool-errors.js';
import { RowsCall } from './rows-call.js';

/** Use after its end: `DB_RELEASED`. `await using` gives it back by itself. */
export interface DatabaseLease extends Queryable, AsyncDisposable {
  /** Waits for its running statements, cleans the session and returns the connection. Idempotent, never rejects. */
  release(): Promise<void>;
}

export class PooledLease extends Queryable implements DatabaseLease {
  readonly #held: HeldConnection;
  readonly #context: CallContext;
  readonly #open = new OpenCalls();

  constructor(held: HeldConnection, context: CallContext) {
    super();
    this.#held = held;
    this.#context = context;
  }

  get name(): string {
    return this.#context.database;
  }

  protected run<T>(statement: Statement, options: QueryOptions): Promise<QueryResult<T>> {
    const call = new RowsCall(this.#context, this.#context.describe(statement, options));
    return this.#held.run(call) as Promise<QueryResult<T>>;
  }

  protected port(): CallPort {
    const context = this.#context;
    return {
      context,
      describe: (statement, options) => context.describe(statement, options),
      dispatch: (call) => void this.#held.run(call),
      opened: (call) => this.#open.add(call),
    };
  }

  /** @internal All or nothing, in one flight. */
  runBatch(statements: readonly Statement[], options: QueryOptions): Promise<QueryResult[]> {
    return this.#held.run(batchOf(this.#context, statements, options));
  }

  release(): Promise<void> {
    // Whoever still reads a result would keep the lease for as long as he likes.
    this.#open.end(() => releasedError(this.name));
    return this.#held.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
