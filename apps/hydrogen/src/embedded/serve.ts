// `npm run db`: serves a PostgreSQL on the values of .env.example, so that `cp .env.example .env` is all it takes.
// Apart from the one that `npm start` makes for itself: that one has random passwords, this one has those of the file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadHydrogenConfig, Secret, type ConnectionSettings } from '@hydrogen/config';
import { startEmbeddedServer, type DatabaseSpec } from '@hydrogen/embedded';
import { isShuttingDown, onShutdown } from '../shutdown.js';
import { failToStart, say, StartError } from '../say.js';

async function serve(): Promise<void> {
  const cwd = process.cwd();
  const env = parseEnv(readFileSync(join(cwd, '.env.example'), 'utf8'));
  const connections = Object.values(loadHydrogenConfig({ cwd, env }).config.Databases.Connections);
  const ports = new Set(connections.map(({ Port }) => Port));
  const [port] = ports;
  if (port === undefined || ports.size > 1) throw new StartError('.env.example has to name one port for all databases');

  const starting = startEmbeddedServer({
    folder: join(cwd, '.hydrogen', 'db'),
    port,
    databases: connections.map(specOf),
    log: say,
  });
  // Registered before it is done: a signal meanwhile waits for the server, and stops it.
  onShutdown(async () => (await starting.catch(() => undefined))?.close());
  const server = await starting;
  if (isShuttingDown()) return;
  say(
    `PostgreSQL serves ${server.host}:${server.port} on the values of .env.example (cp .env.example .env). Ctrl-C ends it.`,
  );
  setInterval(() => undefined, 2 ** 30); // the server is a process of its own, and nothing else keeps this one alive
}

function specOf({ Database, Username, Password }: ConnectionSettings): DatabaseSpec {
  if (!(Password instanceof Secret)) throw new StartError(`.env.example has to name a password for ${Database}`);
  return { name: Database, user: Username, password: Password.reveal() };
}

serve().catch(failToStart);
