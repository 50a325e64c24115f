// The way up: environment → servers → application → port. And one line that says where it listens.
// The application is imported while the servers start, and after a mistake in the configuration could be told.
import { chooseServers } from './embedded/choose-servers.js';
import { listenAddress } from './listen-address.js';
import { failToStart, say } from './say.js';
import { closeAll, isShuttingDown, onShutdown } from './shutdown.js';

async function main(): Promise<void> {
  const servers = await chooseServers(process.cwd(), say);
  onShutdown(() => servers.close());

  const { createApplication } = await import('./create-application.js');
  const app = await createApplication(servers.env);
  onShutdown(() => app.close());

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
