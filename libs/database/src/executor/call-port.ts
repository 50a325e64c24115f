// Where the calls of a queryable go: to a database's executor, a lease or a transaction. One small port, so that every form
// of a result is written once for the three of them.
import type { ExecuteOptions } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { QueryResult } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import type { CallContext } from './call-context.js';
import type { CallOptions } from './call-options.js';
import { sendOptions, type RunOptions } from './run-options.js';
import type { AnyCall } from './statement-call.js';

export interface CallPort {
  readonly context: CallContext;
  /** @throws DB_PARAMETERS, DB_CANCELLED, DB_TX_CLOSED … what the queryable refuses at once */
  describe(statement: Statement, options: RunOptions): CallOptions;
  /** Sends it when its turn comes. Never throws; the call's promise tells the rest. */
  dispatch(call: AnyCall, options: RunOptions): void;
  /** A result that its reader goes on reading is open until he has read it or left it. */
  opened(call: OpenCall): void;
}

/** Whoever runs what a `Database` is asked: its executor, or the transaction that is running. */
export interface Runner extends CallPort {
  run<T>(statement: Statement, options: RunOptions): Promise<QueryResult<T>>;
  runBatch(statements: readonly Statement[], options: RunOptions): Promise<QueryResult[]>;
}

/** A call whose result is read bit by bit. */
export interface OpenCall {
  readonly promise: Promise<unknown>;
  /** Ends it: its reader hears `error` at his next step. No-op at its end. */
  leave(error: DatabaseError): void;
}

/** The same call in another form than rows. */
export function inForm(call: CallOptions, form: Partial<Omit<ExecuteOptions, 'prelude' | 'shared'>>): CallOptions {
  return { ...call, send: sendOptions({ ...call.send.own, ...form }) };
}

/** The open results of one lease or transaction: they end with it. */
export class OpenCalls {
  readonly #open = new Set<OpenCall>();

  add(call: OpenCall): void {
    this.#open.add(call);
    const forget = (): void => void this.#open.delete(call);
    call.promise.then(forget, forget);
  }

  /** @param error a new one for each */
  end(error: () => DatabaseError): void {
    for (const call of this.#open) call.leave(error());
    this.#open.clear();
  }
}
