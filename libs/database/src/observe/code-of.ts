// The word under which a failure is counted: bounded, free of names and values.
import { StepTimeoutError } from '@hydrogen/pool';
import { DatabaseError } from '../errors/database.error.js';

/** The code of an error of ours; anything else is `other`. */
export function codeOf(error: unknown): string {
  if (error instanceof DatabaseError) return error.code;
  // The pool gives a connect up before the connector has said that it does.
  return error instanceof StepTimeoutError && error.step === 'connect' ? 'DB_CONNECT_TIMEOUT' : 'other';
}
