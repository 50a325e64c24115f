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

export function encodeCause(cause: unknown): CauseData {
  if (!(cause instanceof Error)) return { name: 'Error', message: String(cause) };
  const code = (cause as { code?: unknown }).code;
  // Connecting to a name with several addresses fails with an AggregateError, whose own message is empty.
  const parts = cause instanceof AggregateError ? cause.errors.map((part) => encodeCause(part).message) : [];
  return {
    name: cause.name,
    message: cause.message || [...new Set(parts)].join('; ') || cause.name,
    stack: cause.stack,
    ...(typeof code === 'string' ? { code } : {}),
  };
}
