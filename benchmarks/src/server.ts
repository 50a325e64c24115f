// The PostgreSQL that is measured on: one of the run's own, thrown away afterwards, or one that is named.
import { tmpdir } from 'node:os';
import { startEmbeddedServer } from '@hydrogen/embedded';
import pg from 'pg';
import { CREATE, DROP, RESET } from './data.js';

export interface BenchServer {
  readonly url: string;
  readonly version: string;
  /** How it was set, for those who read the figures. */
  readonly settings: string;
  /** Brings the tables back to where they were. */
  readonly reset: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The tests' settings, and no vacuum that begins of itself while somebody is measured. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '300',
};

/** With the tables in it. @throws when there is no server, or no right to make a schema */
export async function startServer(named: string | undefined): Promise<BenchServer> {
  if (named !== undefined) {
    return prepared(named, 'as it was found', () => statements(named, DROP));
  }
  const bench = { name: 'bench', user: 'bench', password: 'for-benchmarks-only' };
  const server = await startEmbeddedServer({
    folder: tmpdir(),
    persistent: false,
    databases: [bench],
    settings: SETTINGS,
  });
  const url = `postgres://${bench.user}:${bench.password}@${server.host}:${server.port}/${bench.name}`;
  const settings = Object.entries(SETTINGS).map(([key, value]) => `${key} ${value}`);
  return prepared(url, settings.join(', '), () => server.close());
}

async function prepared(url: string, settings: string, close: () => Promise<void>): Promise<BenchServer> {
  try {
    await statements(url, CREATE);
    return { url, settings, version: await version(url), reset: () => statements(url, RESET), close };
  } catch (error) {
    await close().catch(() => {}); // the first error tells more
    throw error;
  }
}

async function version(url: string): Promise<string> {
  return connected(url, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? 'unknown';
  });
}

function statements(url: string, texts: readonly string[]): Promise<void> {
  return connected(url, async (client) => {
    for (const text of texts) await client.query(text);
  });
}

async function connected<R>(url: string, act: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
