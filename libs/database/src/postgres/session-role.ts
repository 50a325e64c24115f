// What kind of server a session is on: said by the server at startup (PostgreSQL 14 and later), or asked for.
import type { SessionRole } from '../connection/connection.js';
import type { Row } from '../query/query-result.js';

/** Undefined where the server does not report it. @param parameters ParameterStatus of the startup */
export function reportedRole(parameters: ReadonlyMap<string, string>): SessionRole | undefined {
  const [standby, readOnly] = [parameters.get('in_hot_standby'), parameters.get('default_transaction_read_only')];
  if (standby === undefined || readOnly === undefined) return undefined;
  return { standby: standby === 'on', readOnly: readOnly === 'on' };
}

/** For a select list. */
export const ROLE_COLUMNS = `pg_catalog.pg_is_in_recovery() as standby,
  pg_catalog.current_setting('default_transaction_read_only') as read_only`;

/** Of a row with those columns. */
export function roleOf({ standby, read_only: readOnly }: Row): SessionRole | undefined {
  return typeof standby === 'boolean' ? { standby, readOnly: readOnly === 'on' } : undefined;
}
