// What the other statements of a flight are told when one of them failed: the server has undone them, or skipped them.
import { databaseError, type DatabaseError } from '../errors/database.error.js';

const SKIPPED = 'not done, for statement';

/** @param failed the place of the one that failed, from 0 */
export function skippedError(error: DatabaseError, failed: number, name: string): DatabaseError {
  const { code, sqlState, inDoubt, database } = error;
  const message = `${name}: ${SKIPPED} ${failed + 1} of the flight failed: ${error.message}`;
  return databaseError({ code, message, sqlState, inDoubt, database }, { cause: error });
}

/** It is another statement's failure. Also after a thread hop, where an error is only what it says. */
export function isSkipped({ message }: DatabaseError): boolean {
  return message.includes(`: ${SKIPPED} `);
}
