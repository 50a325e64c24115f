// The tests' way to PostgreSQL: the run's common server, a fresh database of one's own, or a server of one's own to stop and start.
// A test must not stop the common server, nor use a database that it didn't make.
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import {
  createDatabase,
  dropDatabase,
  startEmbeddedServer,
  superuserQuery,
  type EmbeddedOptions,
  type EmbeddedServer,
  type ServerAddress,
} from '@hydrogen/embedded';

/** A database that only its own role can connect to. */
export interface TestDatabase {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Ends the sessions on it, drops it and its role. Safe to repeat. */
  drop(): Promise<void>;
}

/** The server that Jest's globalSetup started for this run. */
export function testServer(): ServerAddress {
  const text = process.env['HYDROGEN_TEST_SERVER'];
  if (text === undefined) throw new Error('No test server: run the tests by `npm test`, which starts one');
  const address: ServerAddress = JSON.parse(text);
  return address;
}

/** Makes a role and a database with random names, on `server` or on the run's common one. */
export async function createTestDatabase(prefix = 'test', server: ServerAddress = testServer()): Promise<TestDatabase> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  await createDatabase(server, { name, user: name, password });
  const { host, port } = server;
  return { host, port, database: name, user: name, password, drop: () => dropDatabase(server, name) };
}

/** One statement as superuser on a connection of its own. `database` defaults to `postgres`. */
export function superQuery(sql: string, database?: string): Promise<Record<string, unknown>[]> {
  return superuserQuery(testServer(), sql, database);
}

/** A server of the test's own, to stop, crash and start again. The test closes it. */
export function startOwnServer(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', ...options.settings };
  return startEmbeddedServer({ folder: tmpdir(), persistent: false, databases: [], ...options, settings });
}
