// Short connections as superuser, for making databases and for tests. Must not keep one open.
import { Client } from 'pg';
import type { ServerAddress } from './embedded-options.js';

const CONNECT_TIMEOUT_MS = 5_000;
// Statements here may hold passwords: keep them out of the server's log, even when they fail.
const QUIET = '-c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1';

/** Everything is spelled out, for `pg` fills gaps from PG* variables of the environment. */
export async function withSuperuser<T>(
  { host, port, superuser }: ServerAddress,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    host,
    port,
    database,
    user: superuser.user,
    password: superuser.password,
    ssl: false,
    options: QUIET,
    application_name: 'hydrogen-embedded',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // a connection lost between statements shows itself in the next one
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
