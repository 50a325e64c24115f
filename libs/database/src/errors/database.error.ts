// The base of the error tree and its families. Match on `code` (or the guards): it survives copies and threads.
import { ERROR_CODES, type DatabaseErrorCode, type ErrorFamily } from './error-code.js';
import type { CauseData, DeadlineStep, ErrorData } from './error-data.js';

/** What a pool and its oldest holders looked like when it refused; plain figures and stacks, for a person at night. */
export interface PoolSnapshot {
  readonly stats: Readonly<Record<string, unknown>>;
  readonly holders?: readonly { readonly heldMs: number; readonly stack?: string }[];
}

/** Everything this library throws. Neither `toJSON()` nor `util.inspect` shows parameters, row values or secrets. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;
  /** May the same call succeed if it is made again? Never true while `inDoubt`. */
  readonly retryable: boolean;
  /** The server may have done the work although no answer came. */
  readonly inDoubt: boolean;
  /** Name of the configured database. */
  database?: string;
  /** From the call to the error, milliseconds. */
  elapsedMs?: number;
  /** Which run of the statement it was, where it was run again (`readOnly`, `idempotent`): 2 and more. */
  attempt?: number;
  /** Of a COMMIT whose answer was lost: the transaction's id, for `pg_xact_status`. */
  readonly xid?: string;
  /** For `DB_CIRCUIT_OPEN`: until then, milliseconds, no login is tried. */
  readonly retryAfterMs?: number;
  /** For `DB_DEADLINE`: what was under way. */
  readonly step?: DeadlineStep;
  /** Of `batch()`: the number of the statement that failed, from 0. */
  readonly statement?: number;
  readonly sqlState?: string;
  readonly severity?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  /** 1-based character position in the statement. */
  readonly position?: number;
  readonly routine?: string;
  /** Pool figures, for the admission family. */
  readonly stats?: PoolSnapshot['stats'];
  readonly holders?: PoolSnapshot['holders'];
  readonly #detail?: string;
  readonly #hint?: string;

  constructor(data: ErrorData, options: { cause?: unknown; snapshot?: PoolSnapshot } = {}) {
    const cause = options.cause ?? (data.cause && reviveCause(data.cause));
    super(data.message, cause === undefined ? undefined : { cause });
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true });
    this.code = data.code;
    this.inDoubt = data.inDoubt ?? false;
    this.retryable = !this.inDoubt && (data.retryable ?? ERROR_CODES[data.code].retryable);
    this.#detail = data.detail;
    this.#hint = data.hint;
    // Absent fields stay absent: an inspected error shows what it knows and nothing else.
    for (const key of OPTIONAL_FIELDS) if (data[key] !== undefined) Object.assign(this, { [key]: data[key] });
    if (options.snapshot) Object.assign(this, options.snapshot);
    if (data.stack !== undefined) this.stack = data.stack;
  }

  /** The server's DETAIL, which may hold values of rows: an accessor, so that nothing prints it by itself. */
  get detail(): string | undefined {
    return this.#detail;
  }

  /** The server's HINT; see `detail`. */
  get hint(): string | undefined {
    return this.#hint;
  }

  toJSON(): Record<string, unknown> {
    return { name: this.name, message: this.message, ...Object.fromEntries(Object.entries(this)) };
  }
}

const OPTIONAL_FIELDS = [
  'database',
  'elapsedMs',
  'attempt',
  'xid',
  'retryAfterMs',
  'step',
  'statement',
  'sqlState',
  'severity',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'position',
  'routine',
] as const satisfies readonly (keyof ErrorData)[];

/** A wrong `hydrogen.json`, an unknown or a disabled database. */
export class DatabaseConfigurationError extends DatabaseError {}
/** Connecting failed, or a connection died in use. */
export class DatabaseConnectionError extends DatabaseError {}
/** Refused or timed out at the pool's door: nothing was sent. */
export class DatabaseAdmissionError extends DatabaseError {}
/** A limit of time, or the caller's own signal. */
export class DatabaseTimeoutError extends DatabaseError {}
/** SQLSTATE class 23. */
export class DatabaseConstraintError extends DatabaseError {}
/** The server refused or failed the statement. */
export class DatabaseStatementError extends DatabaseError {}
/** The library was used against its contract, or a result was not of the promised shape. */
export class DatabaseUsageError extends DatabaseError {}

const FAMILIES: Readonly<Record<ErrorFamily, typeof DatabaseError>> = {
  configuration: DatabaseConfigurationError,
  connection: DatabaseConnectionError,
  admission: DatabaseAdmissionError,
  timeout: DatabaseTimeoutError,
  constraint: DatabaseConstraintError,
  statement: DatabaseStatementError,
  usage: DatabaseUsageError,
};

/** The one place where a code becomes an instance of its family. */
export function databaseError(data: ErrorData, options?: { cause?: unknown; snapshot?: PoolSnapshot }): DatabaseError {
  return new FAMILIES[ERROR_CODES[data.code].family](data, options);
}

/** A foreign cause after a thread hop: an Error again, with the name and code it had. */
function reviveCause(data: CauseData): Error {
  const error = new Error(data.message, data.cause && { cause: reviveCause(data.cause) });
  Object.defineProperty(error, 'name', { value: data.name });
  if (data.code !== undefined) Object.assign(error, { code: data.code });
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
