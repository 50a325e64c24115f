// Where do the databases come from: the user's servers, or one of our own that is started here?
// Must not write to process.env: passwords there would be inherited by every child and shown by every dump.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listPlaceholders, loadHydrogenConfig, readEnvironment, type Environment } from '@hydrogen/config';
import { startEmbeddedServer } from '@hydrogen/embedded';
import { databasesFor, valuesFor } from './connection-values.js';
import { decideServers } from './decide.js';
import { rolePasswords } from './role-passwords.js';

export interface Servers {
  /** The variables for `DatabaseModule.forRoot({ env })`. */
  readonly env: Environment;
  /** Ends what was started here. To be called when every pool is closed. */
  close(): Promise<void>;
}

/**
 * Resolves when the databases can be connected to, as far as that is in our hands.
 * @param cwd folder of `.env` and `.hydrogen`
 * @param log gets the one line that says what was started
 * @throws ConfigInvalidError before anything is started, when the configuration can't work
 * @throws EmbeddedServerError
 */
export async function chooseServers(cwd: string, log: (line: string) => void): Promise<Servers> {
  const env = readEnvironment(cwd);
  const placeholders = listPlaceholders({ env, cwd });
  if (decideServers(placeholders, env, existsSync(join(cwd, '.env'))) === 'users') {
    loadHydrogenConfig({ env, cwd }); // says what is wrong at once, before a framework is loaded
    return { env, close: () => Promise.resolve() };
  }

  const folder = join(cwd, '.hydrogen');
  const databases = databasesFor(placeholders, await rolePasswords(folder));
  const server = await startEmbeddedServer({
    folder: join(folder, 'postgres'),
    databases: [...databases.values()],
    log,
  });
  const own = { ...env, ...valuesFor(placeholders, databases, server) };
  const where = `${server.host}:${server.port}, data in ${server.dataFolder}`;
  log(
    `No .env and none of its variables: using a PostgreSQL of its own (${server.reused ? 'already running on ' : ''}${where})`,
  );
  return { env: own, close: () => server.close() };
}
