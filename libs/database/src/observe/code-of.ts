// The word under which a failure is counted: bounded, free of names and values.
import { DatabaseError } from '../errors/database.error.js';

/** The code of an error of ours; anything else is `other`. */
export function codeOf(error: unknown): string {
  return error instanceof DatabaseError ? error.code : 'other';
}
