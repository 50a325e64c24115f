// What a statement may leave behind in its session, and whether it only reads: judged by its keywords. State set inside
// functions is invisible here; `ResetOnRelease: discard-all` is for those who do that (docs/configuration.md).

/** Session state that would be seen by the next borrower. */
export type SessionTouch =
  'set' | 'temp' | 'listen' | 'advisory-lock' | 'prepare' | 'cursor' | 'transaction' | 'unknown';

export interface StatementClass {
  readonly touches: readonly SessionTouch[];
  /** SELECT, VALUES, TABLE, SHOW or WITH … SELECT without a locking clause. A function it calls may still write. */
  readonly reads: boolean;
}

const TOUCHES: readonly (readonly [SessionTouch, RegExp])[] = [
  // SET LOCAL and set_config(…, true) end with the transaction, so they are not session state.
  ['set', /^\s*(?:set\s+(?!local\b|transaction\b|constraints\b)|reset\s)/i],
  ['set', /\bset_config\s*\((?!.*,\s*true\s*\))/is],
  ['temp', /\b(?:create|into)\s+(?:(?:global|local)\s+)?(?:temp|temporary)\b|\bpg_temp\b/i],
  ['listen', /^\s*listen\b/i],
  ['advisory-lock', /\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(/i],
  ['prepare', /^\s*prepare\s+(?!transaction\b)/i],
  ['cursor', /^\s*declare\b.*\bwith\s+hold\b/is],
  ['transaction', /^\s*(?:begin|start\s+transaction)\b/i],
  ['unknown', /^\s*(?:do|call|load|discard)\b/i],
];

const READ = /^\s*(?:\(\s*)*(?:select|values|table|show|with)\b/i;
const WRITE = /\b(?:insert|update|delete|merge|into|for\s+(?:no\s+key\s+)?update|for\s+(?:key\s+)?share)\b/i;

/** `code` is `ScannedSql.code`: literals and comments are gone from it. */
export function classifyStatement(code: string): StatementClass {
  return {
    touches: TOUCHES.filter(([, pattern]) => pattern.test(code)).map(([touch]) => touch),
    reads: READ.test(code) && !WRITE.test(code),
  };
}
