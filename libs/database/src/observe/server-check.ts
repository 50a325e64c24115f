// What the first connection of a database is asked about its server, in one flight: that what the service expects of it holds.
// It judges and tells; it refuses nothing, for a service that could work must not be kept from starting by a question.
import { COMMAND, type Connection, type StepContext } from '../connection/connection.js';
import { deferred } from '../connection/deferred.js';
import type { Row } from '../query/query-result.js';
import { command } from '../query/statement.js';
import { encodeCause } from '../errors/error.codec.js';

/** PostgreSQL 13, as server_version_num has it: the oldest that the suite is meant for. */
const OLDEST = 130_000;
/** Above it tokens expire early and logs cannot be laid side by side. */
const SKEW_MS = 5_000;

/** As text, so that it does not matter how the database's values are decoded. */
const QUESTION = command(`select
  pg_catalog.current_setting('server_version_num') as version,
  pg_catalog.pg_is_in_recovery()::text as recovery,
  current_user::text as role,
  pg_catalog.current_setting('is_superuser') as superuser,
  pg_catalog.current_database()::text as database,
  pg_catalog.current_schema()::text as schema,
  pg_catalog.current_setting('search_path') as path,
  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())::text as epoch`);

/** `go`: all is as expected. `warn`: it works, but not as it should. `no-go`: it will not work. `unknown`: it would not say. */
export type Verdict = 'go' | 'warn' | 'no-go' | 'unknown';

/** What was found out about one database's server on its first connection. Plain data. */
export interface ServerReport {
  readonly verdict: Verdict;
  /** Why it is not `go`, one phrase each. */
  readonly remarks: readonly string[];
  readonly role?: string;
  readonly superuser?: boolean;
  readonly database?: string;
  /** The first of search_path that exists; what unqualified names mean. */
  readonly schema?: string;
  readonly searchPath?: string;
  /** A standby: it takes no writes. */
  readonly inRecovery?: boolean;
  /** The server's clock minus this process's, milliseconds; off by half a round trip at most. */
  readonly clockSkewMs?: number;
}

/** @param wallClock milliseconds of the epoch @throws when the connection is lost or the time is over; an error of the server is a report */
export async function checkServer(
  connection: Connection,
  context: StepContext,
  wallClock: () => number = Date.now,
): Promise<ServerReport> {
  const sentAt = wallClock();
  const answer = await ask(connection, context);
  if (answer instanceof Error) {
    return { verdict: 'unknown', remarks: [`the server would not say: ${encodeCause(answer).message}`] };
  }
  return judge(answer, sentAt, wallClock());
}

export function judge(row: Row, sentAt: number, answeredAt: number): ServerReport {
  const { version, recovery, role, superuser, database, schema, path, epoch } = row as Record<string, string | null>;
  const inRecovery = recovery === 'true';
  const clockSkewMs = Math.round(Number(epoch) * 1000 - (sentAt + answeredAt) / 2);
  const tooOld = Number(version) < OLDEST;
  const remarks: string[] = [];
  if (tooOld) remarks.push('the server is older than PostgreSQL 13');
  if (inRecovery) remarks.push('the server is a standby: writes will fail');
  if (schema === null) remarks.push(`search_path (${path}) names no schema that exists and may be used`);
  if (Math.abs(clockSkewMs) - (answeredAt - sentAt) / 2 >= SKEW_MS) {
    const seconds = (Math.abs(clockSkewMs) / 1000).toFixed(1);
    remarks.push(`the server's clock is ${seconds} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} this one's`);
  }
  return {
    verdict: tooOld ? 'no-go' : remarks.length > 0 ? 'warn' : 'go',
    remarks,
    role: role ?? undefined,
    superuser: superuser === 'on',
    database: database ?? undefined,
    schema: schema ?? undefined,
    searchPath: path ?? undefined,
    inRecovery,
    clockSkewMs,
  };
}

/** The row, or what the server said instead. */
async function ask(connection: Connection, { signal }: StepContext): Promise<Row | Error> {
  const answer = deferred<Row | Error>();
  const rows: Row[] = [];
  const execution = connection.execute(
    QUESTION,
    { ...COMMAND, prepare: false },
    {
      chunk: (chunk) => {
        chunk.decode(0, chunk.rowCount, rows);
        execution.taken();
      },
      end: () => answer.resolve(rows[0] ?? new Error('no row')),
      fail: (error) => (error.sqlState === undefined ? answer.reject(error) : answer.resolve(error)),
    },
  );
  const abort = (): void => answer.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await answer.promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
