// Every code this library raises, with what follows from it. One table, so that the retry rule, the HTTP answer and
// the documentation (docs/errors.md, checked by a test) cannot part.

/** Which class of `DatabaseError` carries a code. */
export type ErrorFamily =
  'configuration' | 'connection' | 'admission' | 'timeout' | 'constraint' | 'statement' | 'usage';

interface ErrorRule {
  readonly family: ErrorFamily;
  /** May the same call succeed if it is simply made again? `DB_CONNECTION_LOST` and its like also ask `inDoubt`. */
  readonly retryable: boolean;
  /** Status of the problem+json answer (RFC 9457). */
  readonly status: number;
  /** Title of the problem+json answer: for the caller of the service, so no names, hosts or SQL. */
  readonly title: string;
}

const rule = (family: ErrorFamily, status: number, title: string, retryable = false): ErrorRule => ({
  family,
  retryable,
  status,
  title,
});

const BUSY = 'The database is busy';
const UNAVAILABLE = 'The database is unavailable';
const FAULT = 'The request could not be processed';

export const ERROR_CODES = {
  DB_CONFIG_INVALID: rule('configuration', 500, FAULT),
  DB_UNKNOWN: rule('configuration', 500, FAULT),
  DB_DISABLED: rule('configuration', 503, UNAVAILABLE),
  DB_CONNECT_FAILED: rule('connection', 503, UNAVAILABLE, true),
  DB_CONNECT_TIMEOUT: rule('connection', 503, UNAVAILABLE, true),
  DB_AUTH_FAILED: rule('connection', 503, UNAVAILABLE),
  DB_CIRCUIT_OPEN: rule('connection', 503, UNAVAILABLE),
  DB_TLS: rule('connection', 503, UNAVAILABLE),
  DB_CONNECTION_LOST: rule('connection', 503, UNAVAILABLE, true),
  DB_WORKER_LOST: rule('connection', 503, UNAVAILABLE, true),
  DB_PROTOCOL: rule('connection', 500, FAULT),
  DB_ACQUIRE_TIMEOUT: rule('admission', 503, BUSY, true),
  DB_QUEUE_FULL: rule('admission', 503, BUSY, true),
  DB_CLOSING: rule('admission', 503, UNAVAILABLE),
  DB_CLOSED: rule('admission', 503, UNAVAILABLE),
  DB_STATEMENT_TIMEOUT: rule('timeout', 504, 'The database took too long'),
  DB_LOCK_TIMEOUT: rule('timeout', 504, 'The database took too long', true),
  DB_DEADLINE: rule('timeout', 504, 'The database took too long'),
  DB_CANCELLED: rule('timeout', 504, 'The request was cancelled'),
  DB_SERIALIZATION: rule('statement', 409, 'The request conflicts with another one', true),
  DB_DEADLOCK: rule('statement', 409, 'The request conflicts with another one', true),
  DB_UNIQUE: rule('constraint', 409, 'The data conflict with what is stored'),
  DB_FOREIGN_KEY: rule('constraint', 409, 'The data conflict with what is stored'),
  DB_CHECK: rule('constraint', 422, 'The data break a rule of the store'),
  DB_NOT_NULL: rule('constraint', 422, 'The data break a rule of the store'),
  DB_EXCLUSION: rule('constraint', 409, 'The data conflict with what is stored'),
  DB_READ_ONLY: rule('statement', 500, FAULT),
  DB_PERMISSION: rule('statement', 500, FAULT),
  DB_DATA: rule('statement', 400, 'The data cannot be stored as given'),
  DB_RESOURCES: rule('statement', 503, BUSY, true),
  DB_SYNTAX: rule('statement', 500, FAULT),
  DB_QUERY: rule('statement', 500, FAULT),
  DB_UNSUPPORTED: rule('usage', 500, FAULT),
  DB_PARAMETERS: rule('usage', 500, FAULT),
  DB_RESULT_TOO_LARGE: rule('statement', 500, FAULT),
  DB_NOT_FOUND: rule('usage', 404, 'Not found'),
  DB_TOO_MANY_ROWS: rule('usage', 500, FAULT),
  DB_TX_ROLLED_BACK: rule('usage', 500, FAULT),
  DB_COMMIT_UNKNOWN: rule('connection', 503, UNAVAILABLE),
  DB_TX_PROPAGATION: rule('usage', 500, FAULT),
  DB_TX_CLOSED: rule('usage', 500, FAULT),
  DB_SELF_DEADLOCK: rule('usage', 500, FAULT),
  DB_RELEASED: rule('usage', 500, FAULT),
} as const satisfies Readonly<Record<string, ErrorRule>>;

/** Stable names to match on; classes do not survive a copy of the library or a thread, codes do. */
export type DatabaseErrorCode = keyof typeof ERROR_CODES;

export function isDatabaseErrorCode(code: unknown): code is DatabaseErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}
