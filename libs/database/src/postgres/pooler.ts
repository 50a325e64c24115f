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
const QUESTION = `select pg_catalog.pg_backend_pid() as pid,
  exists (select from pg_catalog.pg_prepared_statements where name = '${PROBE}') as passed`;
/** The same round trip, but words that not every server of this protocol may know: asked only where it matters. */
const ROLE_QUESTION = `${QUESTION}, ${ROLE_COLUMNS}`;

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
  const part = new StatementPart(command(askRole ? ROLE_QUESTION : QUESTION), false, 'rows', sink);
  session.submit(new ProbeExchange(session, [part], NO_LIMITS, false));
  const row = await answer.promise;
  const role = roleOf(row);
  const known = role ? { role } : {};
  if (row['pid'] === processId) return { ...known, capabilities: { prepared: true, ownSession: true } };
  const prepared = row['passed'] !== true;
  return { ...known, capabilities: { prepared, ownSession: false }, pooler: { preparedStatements: prepared } };
}
