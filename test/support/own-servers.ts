// A user's own PostgreSQL with the four databases of hydrogen.json, and the twenty variables that lead to them.
import { randomBytes } from 'node:crypto';
import type { EmbeddedServer } from '@hydrogen/embedded';
import { startOwnServer } from './server.js';

export const DATABASES = ['OIDC', 'Acuranzo', 'Helium', 'Canvas'] as const;

/** What a .env file, an expansion or a URL might trip over. */
const AWKWARD = `00'$HOME #1"@:/?%`;

export interface OwnServers {
  readonly server: EmbeddedServer;
  /** The twenty variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The same as the text of a `.env` file. */
  readonly envFile: string;
  readonly passwords: readonly string[];
  /** Sessions of the four roles that are open on the server. */
  sessions(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function startOwnServers(): Promise<OwnServers> {
  const databases = DATABASES.map((connection) => {
    const name = connection.toLowerCase();
    return { connection, name, user: `${name}_user`, password: AWKWARD + randomBytes(12).toString('base64url') };
  });
  const server = await startOwnServer({ databases });
  const variables = Object.fromEntries(
    databases.flatMap(({ connection, name, user, password }) =>
      Object.entries({ HOST: server.host, PORT: String(server.port), NAME: name, USER: user, PASS: password }).map(
        ([part, value]) => [`${connection.toUpperCase()}_DB_${part}`, value],
      ),
    ),
  );
  const users = databases.map(({ user }) => `'${user}'`).join(', ');
  return {
    server,
    variables,
    envFile: Object.entries(variables)
      .map(([name, value]) => `${name}=\`${value}\`\n`)
      .join(''),
    passwords: databases.map(({ password }) => password),
    sessions: () => server.query(`SELECT usename, state, query FROM pg_stat_activity WHERE usename IN (${users})`),
    close: () => server.close(),
  };
}
