// What an error is made of, as plain data: the only form in which one crosses a thread. structuredClone drops an
// Error's class, name, code and fields (tried), so this is not optional.
import type { DatabaseErrorCode } from './error-code.js';

/** The step of the whole way that was under way when time ran out. */
export type DeadlineStep = 'acquire' | 'connect' | 'execute' | 'transaction';

/** Fields of PostgreSQL's ErrorResponse that name things of the schema, never values of rows. */
export interface ServerFields {
  readonly severity?: string;
  readonly sqlState?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  /** 1-based character position in the statement's text. */
  readonly position?: number;
  readonly routine?: string;
}

export interface ErrorData extends ServerFields {
  readonly code: DatabaseErrorCode;
  readonly message: string;
  /** Overrides the table's value where the case decides (a lost connection that was never used, say). */
  readonly retryable?: boolean;
  /** May the server have done it all the same? */
  readonly inDoubt?: boolean;
  readonly database?: string;
  readonly step?: DeadlineStep;
  readonly elapsedMs?: number;
  readonly attempt?: number;
  /** Of `DB_COMMIT_UNKNOWN`. */
  readonly xid?: string;
  /** Before that, milliseconds, the same call cannot succeed. */
  readonly retryAfterMs?: number;
  /** Of a batch: the number of the statement that failed, from 0. */
  readonly statement?: number;
  /** The server's DETAIL and HINT: may hold values of rows, so they stay out of every printed form. */
  readonly detail?: string;
  readonly hint?: string;
  readonly stack?: string;
  readonly cause?: CauseData;
}

/** A cause that is not ours: a socket's, TLS's or the server's own error, reduced to what is safe to print. */
export interface CauseData {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: CauseData;
}
