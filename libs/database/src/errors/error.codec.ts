// Errors to plain data and back: the form in which they cross a thread.
import { DatabaseError, databaseError } from './database.error.js';
import type { CauseData, ErrorData } from './error-data.js';

/** Any thrown value as data; what is not ours becomes `DB_PROTOCOL`, for it is a fault of this library. */
export function encodeError(error: unknown): ErrorData {
  if (!(error instanceof DatabaseError)) {
    const cause = encodeCause(error);
    return { code: 'DB_PROTOCOL', message: `unexpected failure: ${cause.message}`, cause };
  }
  const { name: _name, stats: _stats, holders: _holders, ...fields } = error.toJSON();
  return {
    ...(fields as unknown as ErrorData),
    detail: error.detail,
    hint: error.hint,
    stack: error.stack,
    cause: error.cause === undefined ? undefined : encodeCause(error.cause),
  };
}

/** The class, code, fields and cause the error had; its own stack stays below as the far thread's. */
export function decodeError(data: ErrorData): DatabaseError {
  return databaseError(data);
}

/** Causes below this depth are left out: a chain that long is a circle. */
const DEEPEST_CAUSE = 8;

/** Judged by its shape: `instanceof` fails for errors of another realm, as Node's own are in a vm context. */
export function encodeCause(cause: unknown, depth = 0): CauseData {
  if (!isErrorLike(cause)) return { name: 'Error', message: describe(cause) };
  // Connecting to a name with several addresses fails with an AggregateError, whose own message is empty.
  const deeper = depth < DEEPEST_CAUSE;
  const inner = deeper && Array.isArray(cause.errors) ? cause.errors : [];
  const parts = inner.map((part) => encodeCause(part, depth + 1).message);
  const name = typeof cause.name === 'string' ? cause.name : 'Error';
  return {
    name,
    message: cause.message || [...new Set(parts)].join('; ') || name,
    ...(typeof cause.stack === 'string' ? { stack: cause.stack } : {}),
    ...(typeof cause.code === 'string' ? { code: cause.code } : {}),
    ...(deeper && cause.cause !== undefined ? { cause: encodeCause(cause.cause, depth + 1) } : {}),
  };
}

interface ErrorLike {
  readonly message: string;
  readonly name?: unknown;
  readonly code?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null && typeof (value as { message?: unknown }).message === 'string';
}

/** Anything may be thrown, also what has no text. */
function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}
