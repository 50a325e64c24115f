// Makes an error's stack show the caller. It must be called in the caller's own async frame, after an await: V8 then
// walks the awaiting functions, so no stack has to be captured for the many calls that succeed.
import { DatabaseError } from './database.error.js';

/** The same error, its stack beginning at the awaiting caller; the place of origin moves below, as "raised at". */
export function restack(error: unknown): unknown {
  if (!(error instanceof DatabaseError) || restacked.has(error)) return error;
  restacked.add(error);
  const origin = error.stack;
  Error.captureStackTrace(error, restack);
  const frames = origin?.split('\n').filter((line) => /^\s+at /.test(line));
  const raised = frames?.slice(0, 3).join('\n');
  if (raised) error.stack = `${error.stack}\n  raised:\n${raised}`;
  return error;
}

const restacked = new WeakSet<DatabaseError>();
