// Is there a pooler between us and the server, and what does it carry? Behind one in transaction mode the next transaction
// may run in another server session: what a session keeps is not ours, and prepared statements may or may not follow us.
import type { ConnectionCapabilities, PoolerInfo, SessionRole } from '../connection/connection.js';
import { NO_LIMITS } from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import type { ResultSink } from '../connection/execution.js';
import type { Row } from '../query/query-result.js';
import { command, type Statement } from '../query/statement.js';
import type { ExchangeOwner } from './exchange-owner.js';
import { roleOf, ROLE_COLUMNS } from './session-role.js';
import { StatementExchange } from './statement-exchange.js';
import { StatementPart } from './statement-part.js';

/** Startup parameters that every pooler takes; the others are refused by PgBouncer unless it is told to ignore them. */
const POOLED_STARTUP = new Set(['user', 'database', 'client_encoding', 'application_name', 'DateStyle']);

/** PgBouncer's own words; they are not translated. */
export function refusesStartup(message: string): boolean {
  return /unsupported startup parameter/i.test(message);
}

export interface StartupParts {
  /** For the startup message. */
  readonly startup: Readonly<Record<string, string>>;
  /** What has to be set in another way. */
  readonly left: Readonly<Record<string, string>>;
}

/** What a pooler lets pass at startup, and what has to travel with each transaction instead. */
export function splitStartup(startup: Readonly<Record<string, string>>): StartupParts {
  const entries = Object.entries(startup);
  return {
    startup: Object.fromEntries(entries.filter(([key]) => POOLED_STARTUP.has(key))),
    left: Object.fromEntries(entries.filter(([key]) => !POOLED_STARTUP.has(key))),
  };
}

/** These run in no transaction, and so with no settings in front of them. */
const ALONE =
  /^\s*(?:vacuum|reindex|cluster|discard|(?:create|drop|alter)\s+(?:database|tablespace|subscription|system))\b|\bconcurrently\b/i;

/** What could not be said at startup, said for the transaction that a flight begins. */
export class TransactionSettings {
  readonly #statement: Statement | undefined;

  constructor(settings: Readonly<Record<string, string>>) {
    const entries = Object.entries(settings);
    if (entries.length === 0) return;
    const calls = entries.map((_, index) => `pg_catalog.set_config($${2 * index + 1}, $${2 * index + 2}, true)`);
    this.#statement = { ...command(`select ${calls.join(', ')}`), parameters: entries.flat() };
  }

  /** A flight's prelude with them in it: behind a BEGIN, in front of what the caller set himself. */
  in(prelude: readonly Statement[] | undefined, statement: Statement): readonly Statement[] | undefined {
    if (!this.#statement || ALONE.test(statement.text)) return prelude;
    const [first, ...rest] = prelude ?? [];
    if (!first) return [this.#statement];
    return /^begin\b/i.test(first.text) ? [first, this.#statement, ...rest] : [this.#statement, first, ...rest];
  }
}

const PROBE = 'hydrogen_probe';
/** How often a server looks, while it works, whether its client is still there, milliseconds. */
const LOOK_EVERY_MS = 500;

/** After a reset of the session. */
export const LOOK = `set client_connection_check_interval = ${LOOK_EVERY_MS}`;

/**
 * Rides along, for no round trip: without it a backend whose client was killed works on to the end of its statement, and keeps its
 * locks as long. Not in a pooler's session, which is others' too; not where somebody has set it; where the server or its system
 * does not know the setting, naming it would be an error.
 */
const questionOf = (processId: number): string => `select pg_catalog.pg_backend_pid() as pid,
  exists (select from pg_catalog.pg_prepared_statements where name = '${PROBE}') as passed,
  case when pg_catalog.pg_backend_pid() = ${processId}
    and pg_catalog.current_setting('client_connection_check_interval', true) = '0'
    and pg_catalog.version() ~ 'linux|darwin|bsd'
  then pg_catalog.set_config('client_connection_check_interval', '${LOOK_EVERY_MS}', false) end as looks`;
/** The same round trip, but words that not every server of this protocol may know: asked only where it matters. */
const roleQuestionOf = (processId: number): string => `${questionOf(processId)}, ${ROLE_COLUMNS}`;

/** One flight: a named statement is parsed, the server is asked who it is and whether it knows the name, which is closed. */
class ProbeExchange extends StatementExchange {
  override get steps(): readonly ['parse', 'parse', 'bind', 'describe-portal', 'execute', 'close'] {
    return ['parse', 'parse', 'bind', 'describe-portal', 'execute', 'close'];
  }

  override send(): void {
    this.owner.writer.parse(PROBE, 'select 1');
    super.send();
  }

  protected override written(): void {
    this.owner.writer.close('statement', PROBE);
    super.written();
  }
}

export interface Probed {
  readonly capabilities: Pick<ConnectionCapabilities, 'prepared' | 'ownSession'>;
  readonly pooler?: PoolerInfo;
  /** The server looks whether we are still there. */
  readonly looks: boolean;
  /** Only where it was asked. */
  readonly role?: SessionRole;
}

/**
 * A pooler answers the startup itself, with a key of its own making: it is none of the server's process ids. A statement's
 * name that the server does not know was renamed on the way, by a pooler that keeps prepared statements for its clients.
 */
export async function probeSession(
  session: ExchangeOwner<StatementExchange> & { submit(exchange: StatementExchange): void },
  processId: number,
  askRole: boolean,
): Promise<Probed> {
  const answer = deferred<Row>();
  const rows: Row[] = [];
  const sink: ResultSink = {
    chunk: (chunk) => chunk.decode(0, chunk.rowCount, rows),
    end: () => answer.resolve(rows[0] ?? {}),
    fail: (error) => answer.reject(error),
  };
  const question = askRole ? roleQuestionOf(processId) : questionOf(processId);
  const part = new StatementPart(command(question), false, 'rows', sink);
  session.submit(new ProbeExchange(session, [part], NO_LIMITS, false));
  const row = await answer.promise;
  const role = roleOf(row);
  const known = { ...(role ? { role } : {}), looks: typeof row['looks'] === 'string' };
  if (row['pid'] === processId) return { ...known, capabilities: { prepared: true, ownSession: true } };
  const prepared = row['passed'] !== true;
  return { ...known, capabilities: { prepared, ownSession: false }, pooler: { preparedStatements: prepared } };
}
