// Where the service listens: PORT and HOST of the environment. Pure.
import { StartError } from './say.js';

/** Loopback unless told otherwise: the service's routes are open to whoever reaches them. */
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 3000;

/** An empty variable counts as not set. PORT=0 is any free port. @throws StartError */
export function listenAddress(env: Readonly<Record<string, string | undefined>>): { host: string; port: number } {
  const text = env['PORT'] || String(DEFAULT_PORT);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new StartError(`PORT: "${text}" is no port (0 to 65535)`);
  return { host: env['HOST'] || DEFAULT_HOST, port };
}
