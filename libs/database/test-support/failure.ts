// What a call fails with, as a DatabaseError; anything else, and no failure at all, is a failed test.
import { DatabaseError } from '../src/errors/database.error.js';

export function thrown(act: () => unknown): DatabaseError {
  try {
    act();
  } catch (error) {
    return databaseErrorOrThrow(error);
  }
  throw new Error('expected an error');
}

export async function rejection(promise: Promise<unknown>): Promise<DatabaseError> {
  const failed: unknown = await promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: unknown) => error,
  );
  return databaseErrorOrThrow(failed);
}

function databaseErrorOrThrow(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  throw error;
}
