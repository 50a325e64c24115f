// The line about a database when its first connection stands: all that decides whether the service may go, on one line.
import type { ConnectionInfo, PoolerInfo } from '../connection/connection.js';
import type { ServerReport } from './server-check.js';
import type { ReportLog } from './report-log.js';

export interface StartFacts {
  readonly database: string;
  readonly info: ConnectionInfo;
  readonly server: ServerReport;
  readonly min: number;
  readonly max: number;
  /** `fail-fast`, `degraded` or `lazy`. */
  readonly startup: string;
}

export function reportStart(log: ReportLog, facts: StartFacts): void {
  const { database, info, server } = facts;
  const line = `${database}: connected to ${describeServer(info)}, ${describeUse(facts)}`;
  if (server.verdict === 'go') log.log(`${line}: GO`);
  else if (server.verdict === 'no-go') log.warn(`${line}: NO-GO: ${server.remarks.join('; ')}`);
  else log.warn(`${line}: GO, but ${server.remarks.join('; ')}`);
}

/** All connections are at another server than before. */
export function reportMove(log: ReportLog, database: string, info: ConnectionInfo): void {
  log.log(`${database}: connected to ${describeServer(info)}`);
}

/** Said once, with what follows from it. */
export function reportPooler(log: ReportLog, database: string, pooler: PoolerInfo): void {
  log.warn(`${database}: a connection pooler stands in front of the server: ${describePooler(pooler)}`);
}

/** `10.0.0.7:5432 (standby), PostgreSQL 18.4, tls=TLSv1.3 TLS_AES_256_GCM_SHA384 verify-full, in worker:1` */
function describeServer(info: ConnectionInfo): string {
  const { address, role, serverVersion, place } = info;
  const kind = role?.standby ? ' (standby)' : role?.readOnly ? ' (read-only)' : '';
  return `${address}${kind}, PostgreSQL ${serverVersion}, tls=${describeTls(info)}, ${place === 'inline' ? 'in this thread' : `in ${place}`}`;
}

/** `database oidc, role oidc_user, schema public, 0 to 10 connections, fail-fast` */
function describeUse({ server, min, max, startup }: StartFacts): string {
  const { database, role, superuser, schema } = server;
  const named = role && [
    `database ${database}`,
    `role ${role}${superuser ? ' (superuser)' : ''}`,
    `schema ${schema ?? 'none'}`,
  ];
  return [...(named || []), `${min} to ${max} connections`, startup].join(', ');
}

export function describeTls({ tls }: ConnectionInfo): string {
  return tls ? `${tls.protocol} ${tls.cipher} ${tls.mode}` : 'off';
}

function describePooler({ preparedStatements }: PoolerInfo): string {
  const statements = preparedStatements ? 'prepared statements are kept' : 'no prepared statements';
  return `${statements}, no session state, no LISTEN; limits travel with each transaction`;
}
