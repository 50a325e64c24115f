// What a test or a setup asks of a running server, given only its address.
// Signatures of plain data: nothing of `pg` shows in the public types, so nobody needs its types.
import { escapeIdentifier as id } from 'pg';
import { ensureDatabases } from './databases.js';
import type { DatabaseSpec, ServerAddress } from './embedded-options.js';
import { withSuperuser } from './superuser.js';

/** One statement as superuser; resolves with its rows. `database` defaults to `postgres`. */
export function superuserQuery(
  address: ServerAddress,
  sql: string,
  database = 'postgres',
): Promise<Record<string, unknown>[]> {
  return withSuperuser(address, database, async (client) => (await client.query<Record<string, unknown>>(sql)).rows);
}

/** Makes one role and database on a running server. */
export function createDatabase(address: ServerAddress, spec: DatabaseSpec): Promise<void> {
  return withSuperuser(address, 'postgres', (client) => ensureDatabases(client, address, [spec]));
}

/** Drops a database with the sessions on it, and its owner, if that is no superuser and owns no other. A missing one is fine. */
export function dropDatabase(address: ServerAddress, name: string): Promise<void> {
  return withSuperuser(address, 'postgres', async (client) => {
    const { rows } = await client.query<{ owner: string; super: boolean; owned: number }>(
      `SELECT r.rolname::text AS owner, r.rolsuper AS super,
              (SELECT count(*)::int FROM pg_database o WHERE o.datdba = r.oid) AS owned
         FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = $1`,
      [name],
    );
    await client.query(`DROP DATABASE IF EXISTS ${id(name)} WITH (FORCE)`);
    const found = rows[0];
    if (found && !found.super && found.owned === 1) await client.query(`DROP ROLE ${id(found.owner)}`);
  });
}
