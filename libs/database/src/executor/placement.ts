// Where a statement runs: in this thread or in a worker, on a pipeline or on a connection of its own. Judged by what it
// looks like, by what was learned of it, and by what its caller says; nothing here is needed to be right, only to be fast.
import type { Statement } from '../query/statement.js';
import type { RunOptions } from './run-options.js';
import type { AnyCall } from './statement-call.js';
import type { StatementProfile, Way } from './statement-profile.js';

/** Results above it keep their neighbours on a pipeline waiting, bytes. */
const LARGE_BYTES = 32_768;
/**
 * Rows above it are a worker's, bytes. Below, the hop costs more than it saves: 1,000 rows of 250 KB come 1.4 times as often
 * from this thread, for a third more of its time (docs/adr/0011).
 */
const WORKER_BYTES = 1_048_576;
/** A statement that takes longer keeps its neighbours on a pipeline waiting. */
const DEAR_MS = 5;

export type Placement = 'auto' | 'worker' | 'inline';

/** @param workers there are any. Returns what the pool is told; undefined = there is only one place. */
export function placeFor(
  call: AnyCall,
  wish: RunOptions['place'],
  byDefault: Placement,
  workers: boolean,
): string | undefined {
  if (!workers) return undefined;
  if (wish !== undefined && wish !== 'auto') return wish;
  if (byDefault !== 'auto') return byDefault;
  const large = call.streamed || call.options.own.form !== 'rows' || (call.profile?.meanBytes ?? 0) > WORKER_BYTES;
  return large ? 'worker' : 'inline';
}

/** Of a statement that stands for itself. @param pipelined writes of this call or this database share a pipeline */
export function wayFor(call: AnyCall, { lane }: RunOptions, pipelined: boolean): Way {
  const { statement, profile } = call;
  if (lane === 'slow') return 'slow lease';
  if (profile === undefined) return 'lease';
  if (profile.meanMs > DEAR_MS) return 'slow lease';
  if (call.options.own.form !== 'rows' || profile.meanBytes > LARGE_BYTES) return 'lease';
  // What it costs is not known before the first time, unless the caller says that it is fast.
  if (statement.plain && !profile.writes && (profile.seen > 0 || lane === 'fast')) return 'pipeline';
  return pipelined && sharesWrites(statement, profile) ? 'write pipeline' : 'lease';
}

const WRITE = /^[\s(]*(?:insert|update|delete|merge)\b/i;
/** Tells of a session, changes it or waits in it; words inside literals count too, which only costs a lease. */
const OF_SESSION = /\b(?:currval|lastval|set_config|current_setting|pg_\w*advisory\w*|pg_temp\w*|dblink\w*|lo_\w+)\b/i;

function sharesWrites(statement: Statement, profile: StatementProfile): boolean {
  profile.sharesWrites ??=
    statement.touches.length === 0 && WRITE.test(statement.text) && !OF_SESSION.test(statement.text);
  return profile.sharesWrites;
}
