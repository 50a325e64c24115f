// What a statement may leave behind in its session, and whether it only reads: judged by its keywords. State set inside
// functions is invisible here; `ResetOnRelease: discard-all` is for those who do that (docs/configuration.md).

/** Session state that would be seen by the next borrower. */
export type SessionTouch =
  'set' | 'temp' | 'listen' | 'advisory-lock' | 'prepare' | 'cursor' | 'transaction' | 'unknown';

export interface StatementClass {
  readonly touches: readonly SessionTouch[];
  /** SELECT, VALUES, TABLE, SHOW or WITH … SELECT without a locking clause. A function it calls may still write. */
  readonly reads: boolean;
  /**
   * A read that may share a connection with others: it asks for no session state, locks nothing and shows nothing of
   * the session it runs in. A function it calls may still write: the shared session is read-only, and refuses (25006).
   */
  readonly plain: boolean;
  /** By its keyword it neither reads nor writes a row, and takes no snapshot: SET, LOCK, SAVEPOINT. */
  readonly quiet: boolean;
}

const TOUCHES: readonly (readonly [SessionTouch, RegExp])[] = [
  // SET LOCAL ends with the transaction, so it is not session state.
  ['set', /^set\b(?!\s+(?:local|transaction|constraints)\b)|^reset\b/i],
  ['set', /\bupdate\s+(?:only\s+)?(?:pg_catalog\s*\.\s*)?pg_settings\b/i],
  ['temp', /\b(?:create|into)\s+(?:or\s+replace\s+)?(?:(?:global|local)\s+)?temp(?:orary)?\b|\bpg_temp\w*/i],
  ['listen', /^listen\b/i],
  ['advisory-lock', /\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(/i],
  ['prepare', /^prepare\b(?!\s+transaction\b)/i],
  ['cursor', /^declare\b.*\bwith\s+hold\b/is],
  ['transaction', /^(?:begin|start\s+transaction)\b/i],
  // A U&"…" name can spell anything.
  ['unknown', /^(?:do|call|load|discard)\b|\bu&""/i],
];

const READ = /^\(*(?:select|values|table|show|with)\b/i;
const WRITE = /\b(?:insert|update|delete|merge|into|for\s+(?:no\s+key\s+)?update|for\s+(?:key\s+)?share)\b/i;

/** SET CONSTRAINTS may run triggers. */
const QUIET =
  /^(?:set(?!\s+constraints\b)|reset|lock|savepoint|release|rollback\s+to|(?:un)?listen|close|deallocate)\b/i;

/** A read that a read-only session runs; SHOW tells of the session, so it is none. */
const PLAIN = /^\(*(?:select|values|table|with)\b/i;
/**
 * Depends on the session, changes it, waits for a lock, or lives from one statement to the next: not for shared use.
 * (Source of the names: PostgreSQL manual, 9.17 sequences, 9.27 settings, advisory locks and snapshots, 33 large objects.)
 */
const OF_SESSION =
  /\b(?:set_config|current_setting|pg_settings|setseed|currval|lastval|nextval|setval|pg_(?:try_)?advisory\w*|pg_export_snapshot|pg_prepared_statements|pg_cursors|pg_listening_channels|pg_my_temp_schema|lo_\w+|dblink\w*|set_limit|pg_temp\w*)\b/i;

/** @param code `ScannedSql.code`: literals and comments are gone from it */
export function classifyStatement(code: string): StatementClass {
  const start = code.replace(/^[\s;]+/, '');
  const touches = new Set(TOUCHES.filter(([, pattern]) => pattern.test(start)).map(([touch]) => touch));
  if (setsForSession(start)) touches.add('set');
  const bare = start.replaceAll(/^[\s(]+/g, '');
  const reads = READ.test(bare) && !WRITE.test(start);
  const plain = reads && touches.size === 0 && PLAIN.test(bare) && !OF_SESSION.test(start);
  return { touches: [...touches], reads, plain, quiet: QUIET.test(bare) };
}

/** A call of set_config whose last argument is not plainly `true` (that one ends with the transaction). */
function setsForSession(code: string): boolean {
  for (const { index, 0: call } of code.matchAll(/\bset_config\s*\(/gi)) {
    let depth = 1;
    let argument = '';
    for (let at = index + call.length; at < code.length && depth > 0; at++) {
      const char = code.charAt(at);
      depth += char === '(' ? 1 : char === ')' ? -1 : 0;
      argument = depth === 1 && char === ',' ? '' : argument + (depth > 0 ? char : '');
    }
    if (argument.trim().toLowerCase() !== 'true') return true;
  }
  return false;
}
