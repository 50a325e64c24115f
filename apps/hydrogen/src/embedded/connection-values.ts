// From the placeholders of a configuration to the databases it wants, and from a server back to the variables' values.
// Pure: no file, no process, no server. What it can't supply stays missing, and the configuration's own error names it.
import type { PlaceholderReference } from '@hydrogen/config';
import type { DatabaseSpec, ServerAddress } from '@hydrogen/embedded';

/** The keys of a connection for which a server of our own has a value, also in their second spellings. */
type Part = 'host' | 'port' | 'name' | 'user' | 'password';
const PARTS: Readonly<Record<string, Part>> = {
  Host: 'host',
  Port: 'port',
  Database: 'name',
  Username: 'user',
  User: 'user',
  Password: 'password',
  Pass: 'password',
};

interface WantedValue {
  readonly variable: string;
  readonly connection: string;
  readonly part: Part;
}

function wantedValues(placeholders: readonly PlaceholderReference[]): WantedValue[] {
  return placeholders.flatMap(({ path, variable }) => {
    const [, connection, key] = /^Databases\.Connections\.([^.]+)\.(\w+)$/.exec(path) ?? [];
    const part = key === undefined || !Object.hasOwn(PARTS, key) ? undefined : PARTS[key];
    return connection === undefined || part === undefined ? [] : [{ variable, connection, part }];
  });
}

/** A role and a database for each connection that asks for any of these values. */
export function databasesFor(
  placeholders: readonly PlaceholderReference[],
  passwordOf: (role: string) => string,
): Map<string, DatabaseSpec> {
  const connections = new Set(wantedValues(placeholders).map(({ connection }) => connection));
  return new Map(
    [...connections].map((connection) => {
      const name = roleName(connection);
      return [connection, { name, user: name, password: passwordOf(name) }];
    }),
  );
}

/** What to put into the variables so that the configuration leads to these databases on this server. */
export function valuesFor(
  placeholders: readonly PlaceholderReference[],
  databases: ReadonlyMap<string, DatabaseSpec>,
  { host, port }: Pick<ServerAddress, 'host' | 'port'>,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { variable, connection, part } of wantedValues(placeholders)) {
    const database = databases.get(connection);
    if (database) values[variable] = { host, port: String(port), ...database }[part];
  }
  return values;
}

/** Lower case, so that it needs no quotes in SQL; never one of PostgreSQL's own names. */
function roleName(connection: string): string {
  const name = connection.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  return /^(?:pg_|postgres$|template|[0-9])/.test(name) ? `db_${name}` : name;
}
