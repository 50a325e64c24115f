// What makes a session clean for its next borrower. DISCARD ALL does it, and throws the prepared statements away with it;
// so where only known things were touched, its other parts are run by themselves (PostgreSQL manual, DISCARD).
import type { ResetMode } from '../connection/connection.js';
import type { SessionTouch } from '../query/statement-class.js';

const DISCARD_ALL: readonly string[] = ['discard all'];
const KEEPING_STATEMENTS: readonly string[] = [
  'close all',
  'set session authorization default',
  'reset all',
  'unlisten *',
  'select pg_catalog.pg_advisory_unlock_all()',
  'discard temp',
  'discard sequences',
];

export function resetCommands(mode: ResetMode, touched: ReadonlySet<SessionTouch>): readonly string[] {
  if (mode === 'none' || (mode === 'smart' && touched.size === 0)) return [];
  const known = mode === 'smart' && !touched.has('prepare') && !touched.has('unknown');
  return known ? KEEPING_STATEMENTS : DISCARD_ALL;
}
