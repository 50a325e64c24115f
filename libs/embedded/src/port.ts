// Finds a TCP port of this machine, and remembers it for the next start.
// It only looks: between looking and listening somebody else may take it, so the start has to cope.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { EmbeddedServerError } from './embedded.error.js';

export const HOST = '127.0.0.1';

/** The port kept by `rememberPort` if it is free, else any that is. */
export async function choosePort(home: string): Promise<number> {
  const kept = Number.parseInt(await readFile(fileOf(home), 'utf8').catch(() => ''), 10);
  const port = (kept > 0 ? await listen(kept) : undefined) ?? (await listen(0));
  if (port === undefined)
    throw new EmbeddedServerError('EMBEDDED_START_FAILED', `No port of ${HOST} can be listened on`);
  return port;
}

export const rememberPort = (home: string, port: number): Promise<void> => writeFile(fileOf(home), `${port}\n`);

const fileOf = (home: string): string => join(home, 'port');

function listen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
