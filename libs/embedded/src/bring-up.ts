// Gets a server to run on a cluster, whatever the state it is found in: reuses, waits, starts, tries again.
// Two processes may do this at once; PostgreSQL's own pid file decides who starts it, the other one reuses.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { closeSharedDatabases, ensureDatabases, withServerLock } from './databases.js';
import { EmbeddedServerError } from './embedded.error.js';
import type { EmbeddedOptions } from './embedded-options.js';
import { choosePort, HOST, rememberPort } from './port.js';
import { launch, stopPostmaster } from './postmaster.js';
import { findRunningServer, type RunningServer } from './running-server.js';
import { findTenants } from './tenants.js';
import { join } from 'node:path';

export interface Site {
  readonly home: string;
  readonly binaries: Binaries;
  readonly cluster: Cluster;
  readonly options: EmbeddedOptions;
}

/** Each round ends with a server or with the sight of what another process did meanwhile. */
const ROUNDS = 10;
/** Between two: whoever was quicker has to get ready. */
const PAUSE_MS = 50;

/** A running server with the databases of the options in it. `port` 0: any. */
export async function bringUp(site: Site, port: number): Promise<RunningServer & { readonly reused: boolean }> {
  for (let round = 1; ; round++) {
    const found = await reusable(site, port);
    const server = found ?? (await start(site, port));
    if (server) {
      try {
        await prepare(site, server);
        return { ...server, reused: found !== undefined };
      } catch (error) {
        // The last user of it may have stopped it under our hands; then there is none now, and the next round starts one.
        const still = await findRunningServer(site.cluster);
        if (still?.pid === server.pid || round === ROUNDS) {
          if (!found) await stopPostmaster(server.pid, 'fast');
          throw error;
        }
      }
    } else if (round === ROUNDS) {
      const why = `PostgreSQL could not be started in ${site.home}; postgres.log there says why`;
      throw new EmbeddedServerError('EMBEDDED_START_FAILED', why);
    } else await sleep(PAUSE_MS);
  }
}

async function reusable({ home, cluster }: Site, port: number): Promise<RunningServer | undefined> {
  const found = await findRunningServer(cluster);
  if (!found || port === 0 || found.port === port) return found;
  const { living } = await findTenants(home);
  const others = living.filter((pid) => pid !== process.pid);
  if (others.length > 0) {
    throw new EmbeddedServerError(
      'EMBEDDED_PORT_BUSY',
      `The server in ${home} already runs on port ${found.port} for process ${others.join(', ')}; end that one first, or leave the port open.`,
    );
  }
  await stopPostmaster(found.pid, 'fast');
  return undefined;
}

/** Undefined: somebody else was quicker, with the port or with the data. */
async function start({ home, binaries, cluster, options }: Site, fixed: number): Promise<RunningServer | undefined> {
  const port = fixed || (await choosePort(home));
  const logFile = join(home, 'postgres.log');
  const result = await launch({ binaries, cluster, port, settings: options.settings ?? {}, logFile });
  if (result === 'port-busy' && fixed) {
    throw new EmbeddedServerError('EMBEDDED_PORT_BUSY', `Port ${fixed} of ${HOST} is in use by another program.`);
  }
  if (typeof result === 'string') return undefined;
  await rememberPort(home, port);
  return { pid: result.pid, port };
}

function prepare({ cluster, options }: Site, { port }: RunningServer): Promise<void> {
  const address = { host: HOST, port, superuser: cluster.superuser };
  return withServerLock(address, async (client) => {
    await closeSharedDatabases(client);
    await ensureDatabases(client, address, options.databases);
  });
}
