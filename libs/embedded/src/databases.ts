// Makes roles and databases: a role owns its own database and schema and can't even connect to another.
// Idempotent; whoever may not be the only one to do it holds the server's lock meanwhile.
import { escapeIdentifier as id, escapeLiteral as text, type Client } from 'pg';
import type { DatabaseSpec, ServerAddress } from './embedded-options.js';
import { withSuperuser } from './superuser.js';

/** Any number that nobody else uses: the key of the advisory lock in the database `postgres`. */
const LOCK = 7_236_401;

/** Runs `work` while no other process sets up or stops this server. The server going away ends it with an error. */
export function withServerLock<T>(address: ServerAddress, work: (client: Client) => Promise<T>): Promise<T> {
  return withSuperuser(address, 'postgres', async (client) => {
    await client.query(`SELECT pg_advisory_lock(${LOCK})`); // a session's lock: gone with the connection
    return work(client);
  });
}

/** Makes what is missing and sets each role's password. Throws `pg`'s own errors. */
export async function ensureDatabases(
  client: Client,
  address: ServerAddress,
  specs: readonly DatabaseSpec[],
): Promise<void> {
  const { rows } = await client.query<{ kind: string; name: string }>(
    `SELECT 'role' AS kind, rolname::text AS name FROM pg_roles UNION ALL SELECT 'database', datname::text FROM pg_database`,
  );
  const known = new Set(rows.map(({ kind, name }) => `${kind} ${name}`));
  for (const { name, user, password } of specs) {
    const verb = known.has(`role ${user}`) ? 'ALTER' : 'CREATE';
    const rights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION';
    await client.query(`${verb} ROLE ${id(user)} ${rights} PASSWORD ${text(password)}`);
    known.add(`role ${user}`);
    if (!known.has(`database ${name}`)) await makeDatabase(client, address, name, user);
    known.add(`database ${name}`);
  }
}

async function makeDatabase(client: Client, address: ServerAddress, name: string, user: string): Promise<void> {
  // template0: nobody can be connected to it, which would make this fail.
  await client.query(`CREATE DATABASE ${id(name)} OWNER ${id(user)} TEMPLATE template0`);
  await client.query(`REVOKE ALL ON DATABASE ${id(name)} FROM PUBLIC`);
  await withSuperuser(address, name, async (inside) => {
    await inside.query(`ALTER SCHEMA public OWNER TO ${id(user)}`);
    await inside.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  });
}

/** Every role may connect to these by default; ours shall see their own database only. */
export async function closeSharedDatabases(client: Client): Promise<void> {
  await client.query('REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC');
}
