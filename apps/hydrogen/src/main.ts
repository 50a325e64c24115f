// The way up: environment → servers → application → port. And one line that says where it listens.
// The application is imported while the servers start, and after a mistake in the configuration could be told.
import { chooseServers } from './embedded/choose-servers.js';
import { drainHttp } from './drain-http.js';
import { listenAddress } from './listen-address.js';
import { failToStart, say } from './say.js';
import { closeAll, isShuttingDown, onShutdown } from './shutdown.js';

/** At ShutdownTimeoutMs the databases refuse what still runs; so long for telling those who asked. */
const LAST_ANSWERS_MS = 250;

async function main(): Promise<void> {
  const choosing = chooseServers(process.cwd(), say);
  // Registered before it is done: a signal meanwhile waits for the server, and stops it.
  onShutdown(async () => (await choosing.catch(() => undefined))?.close());
  const servers = await choosing;
  if (isShuttingDown()) return;

  const { createApplication, shutdownTimeoutOf } = await import('./create-application.js');
  if (isShuttingDown()) return;
  const app = await createApplication(servers.env);
  const drain = drainHttp(app.getHttpServer());
  onShutdown(() => {
    drain(shutdownTimeoutOf(app) + LAST_ANSWERS_MS);
    return app.close();
  });
  if (isShuttingDown()) return;

  const { port, host } = listenAddress(servers.env);
  await app.listen(port, host);
  say(`Hydrogen listens on ${await app.getUrl()} (API: ${await app.getUrl()}/docs)`);
}

main().catch(async (error: unknown) => {
  if (isShuttingDown()) return; // closed under its own start; the signal's handler ends the process
  failToStart(error);
  await closeAll();
  process.exit(1);
});
