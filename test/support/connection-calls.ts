// Calls of the Connection port as tests make them: a connection to a test database, a sink that collects and that counts
// how often it is ended. It decodes nothing before it is asked to.
import { setTimeout as delay } from 'node:timers/promises';
import { NO_LIMITS, type Connection, type StepContext } from '../../libs/database/src/connection/connection.js';
import type { ConnectRequest } from '../../libs/database/src/connection/connector.js';
import { deferred } from '../../libs/database/src/connection/deferred.js';
import type {
  BatchPart,
  ExecuteOptions,
  Execution,
  ResultChunk,
  ResultEnd,
  ResultSink,
} from '../../libs/database/src/connection/execution.js';
import { NO_CODECS } from '../../libs/database/src/connection/type-options.js';
import { DatabaseError } from '../../libs/database/src/errors/database.error.js';
import type { WorkerSupervisor } from '../../libs/database/src/worker/worker-supervisor.js';
import { PostgresConnector } from '../../libs/database/src/postgres/postgres-connector.js';
import type { EncodedParameter } from '../../libs/database/src/query/encode-parameter.js';
import type { Row } from '../../libs/database/src/query/query-result.js';
import { scanSql } from '../../libs/database/src/query/scan-sql.js';
import { classifyStatement } from '../../libs/database/src/query/statement-class.js';
import type { Statement } from '../../libs/database/src/query/statement.js';

export { NO_LIMITS };
export type { BatchPart, Connection, ExecuteOptions, Execution, ResultChunk, ResultEnd, ResultSink, Row, Statement };

export interface Opened {
  readonly connection: Connection;
  /** Each call of `lost`. */
  readonly losses: readonly DatabaseError[];
}

export interface Where {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export interface OpenOptions {
  readonly preparedCacheSize?: number;
  readonly types?: 'pg' | 'lossless';
}

/** How a suite opens its connections. */
export type OpenConnection = (where: Where, options?: OpenOptions) => Promise<Opened>;

export function requestTo(where: Where, options: OpenOptions = {}): ConnectRequest {
  return {
    database: 'Main',
    host: where.host,
    port: where.port,
    password: where.password,
    startup: { user: where.user, database: where.database, application_name: 'contract', client_encoding: 'UTF8' },
    preparedCacheSize: options.preparedCacheSize ?? 100,
    types: options.types ?? 'pg',
    customTypes: [],
  };
}

export const openInline: OpenConnection = async (where, options) => {
  const losses: DatabaseError[] = [];
  const connection = await new PostgresConnector('inline').connect(
    requestTo(where, options),
    within(10_000),
    { lost: (error) => void losses.push(error) },
    NO_CODECS,
  );
  return { connection, losses };
};

/** In a worker of its own kind; it ends by itself with its last connection. */
export function openInWorker(supervisor: WorkerSupervisor): OpenConnection {
  return async (where, options) => {
    const losses: DatabaseError[] = [];
    const lost = (error: DatabaseError): void => void losses.push(error);
    const request = requestTo(where, options);
    return { connection: await supervisor.connect(request, within(10_000), { lost }, NO_CODECS), losses };
  };
}

export function within(budgetMs: number): StepContext {
  return { budgetMs, signal: AbortSignal.timeout(budgetMs) };
}

export function statement(text: string, parameters: readonly EncodedParameter[] = []): Statement {
  const { touches, reads, plain } = classifyStatement(scanSql(text).code);
  return { text, parameters, touches, reads, plain };
}

export class Call implements ResultSink {
  readonly chunks: ResultChunk[] = [];
  readonly #outcome = deferred<ResultEnd>();
  readonly #news: (() => void)[] = [];
  /** How often it was ended: more than once is a fault of the connection. */
  endings = 0;
  suspensions = 0;
  writables = 0;
  error: DatabaseError | undefined;
  execution!: Execution;

  /** @param reads false = it takes no chunk before it is told to */
  constructor(readonly reads = true) {
    this.#outcome.promise.catch(() => {});
  }

  chunk(chunk: ResultChunk): void {
    this.chunks.push(chunk);
    // A turn later: as a reader does.
    if (this.reads) queueMicrotask(() => this.execution.taken());
    this.#tell();
  }

  end(end: ResultEnd): void {
    this.endings++;
    this.#outcome.resolve(end);
    this.#tell();
  }

  fail(error: DatabaseError): void {
    this.endings++;
    this.error = error;
    this.#outcome.reject(error);
    this.#tell();
  }

  suspended(): void {
    this.suspensions++;
    this.#tell();
  }

  writable(): void {
    this.writables++;
    this.#tell();
  }

  #tell(): void {
    for (const hear of this.#news.splice(0)) hear();
  }

  /** Waits for an event until it holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.endings > 0) throw new Error(`ended before: ${this.error?.message ?? 'well'}`);
      await new Promise<void>((resolve) => this.#news.push(resolve));
    }
  }

  get ended(): Promise<ResultEnd> {
    return this.#outcome.promise;
  }

  /** The rows that have come. */
  get rows(): Row[] {
    const rows: Row[] = [];
    for (const chunk of this.chunks) chunk.decode(0, chunk.rowCount, rows);
    return rows;
  }

  /** The rows, when it has ended well. */
  async all(): Promise<Row[]> {
    await this.ended;
    return this.rows;
  }

  /** The error that it ended with. */
  async failure(): Promise<DatabaseError> {
    const end = await this.ended.then(
      () => undefined,
      () => this.error,
    );
    if (!(end instanceof DatabaseError)) throw new Error(`ended well, with ${this.rows.length} rows`);
    return end;
  }
}

export function start(
  connection: Connection,
  what: string | Statement,
  options: Partial<ExecuteOptions> = {},
  call = new Call(),
): Call {
  const asked = typeof what === 'string' ? statement(what) : what;
  call.execution = connection.execute(asked, { form: 'rows', limits: NO_LIMITS, prepare: true, ...options }, call);
  return call;
}

/** Runs it and gives its rows. */
export function run(
  connection: Connection,
  text: string,
  parameters: readonly EncodedParameter[] = [],
  options: Partial<ExecuteOptions> = {},
): Promise<Row[]> {
  return start(connection, statement(text, parameters), options).all();
}

export function batch(
  connection: Connection,
  statements: readonly (string | Statement)[],
  limits: typeof NO_LIMITS = NO_LIMITS,
  prepare = true,
): Call[] {
  const calls = statements.map(() => new Call());
  const parts = statements.map((each, index): BatchPart => {
    const asked = typeof each === 'string' ? statement(each) : each;
    return { statement: asked, prepare, sink: calls[index] as Call };
  });
  const execution = connection.batch(parts, limits);
  for (const call of calls) call.execution = execution;
  return calls;
}

/** @returns what the promise came to, or 'open' when it has not within the time */
export async function settled(promise: Promise<unknown>, withinMs: number): Promise<'settled' | 'open'> {
  const controller = new AbortController();
  const done = promise.then(
    () => 'settled' as const,
    () => 'settled' as const,
  );
  const late = delay(withinMs, 'open' as const, { signal: controller.signal }).catch(() => 'open' as const);
  const outcome = await Promise.race([done, late]);
  controller.abort();
  return outcome;
}
