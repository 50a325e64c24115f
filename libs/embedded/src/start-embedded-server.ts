// The door: prepares folder, programs and cluster, brings the server up and hands out its handle.
// Order matters: we register as a user before looking for a running server, so that nobody stops it in between.
import { rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { findBinaries } from './binaries.js';
import { bringUp } from './bring-up.js';
import { ensureCluster } from './cluster.js';
import type { EmbeddedOptions, EmbeddedServer } from './embedded-options.js';
import { RunningEmbeddedServer } from './running-embedded-server.js';
import { prepareHome } from './home.js';
import { findServerUser, type ServerUser } from './server-user.js';
import { sweepTemporaryHomes } from './sweep.js';
import { registerTenant } from './tenants.js';

/**
 * Starts a PostgreSQL of this project's own, or finds the one that still runs in that folder, and makes the roles and
 * databases asked for. It listens on 127.0.0.1 only. A first start takes about 2 s (initdb), the next ones 0.3 s.
 * It runs on when this process is killed; the next start reuses it. End it with `close()`.
 * Throws `EmbeddedServerError`.
 */
export async function startEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const log = options.log ?? (() => undefined);
  const user = (await findDataOwner(options)) ?? (await findServerUser(log));
  const home = await prepareHome(options, user, log);
  const temporary = options.persistent === false;
  const deregister = await registerTenant(home);
  try {
    if (temporary) await sweepTemporaryHomes(dirname(home));
    const binaries = await findBinaries(user, log);
    const cluster = await ensureCluster(home, binaries, user);
    const site = { home, binaries, cluster, options };
    const server = await bringUp(site, options.port ?? 0);
    return new RunningEmbeddedServer(site, server, deregister);
  } catch (error) {
    await deregister();
    if (temporary) await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** Root runs the server of data that are there already under whom they belong to. */
async function findDataOwner({ folder, persistent }: EmbeddedOptions): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0 || persistent === false) return undefined;
  const found = await stat(join(resolve(folder), 'cluster', 'data')).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}
