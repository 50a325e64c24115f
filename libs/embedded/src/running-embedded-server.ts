// The handle of a server that was brought up: its address, its databases, its stop, start and close.
// Must not decide how a server is found or started; that is bring-up.ts.
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { bringUp, type Site } from './bring-up.js';
import { createDatabase, dropDatabase, superuserQuery } from './administration.js';
import { withServerLock } from './databases.js';
import type { DatabaseSpec, EmbeddedServer, StopMode } from './embedded-options.js';
import { HOST } from './port.js';
import { signalSafely, stopPostmaster } from './postmaster.js';
import type { RunningServer } from './running-server.js';
import { findTenants, type Deregister } from './tenants.js';

export class RunningEmbeddedServer implements EmbeddedServer {
  readonly host = HOST;
  readonly port: number;
  readonly superuser: { readonly user: string; readonly password: string };
  readonly dataFolder: string;
  readonly reused: boolean;
  #pid: number;
  #closing?: Promise<void>;

  constructor(
    private readonly site: Site,
    server: RunningServer & { readonly reused: boolean },
    private readonly deregister: Deregister,
  ) {
    this.port = server.port;
    this.reused = server.reused;
    this.superuser = site.cluster.superuser;
    this.dataFolder = site.cluster.dataFolder;
    this.#pid = server.pid;
    if (this.temporary) process.once('exit', this.atExit);
  }

  get pid(): number {
    return this.#pid;
  }

  createDatabase(database: DatabaseSpec): Promise<void> {
    return createDatabase(this, database);
  }

  dropDatabase(name: string): Promise<void> {
    return dropDatabase(this, name);
  }

  query(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    return superuserQuery(this, sql, database);
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    if (this.#pid === 0) return;
    await stopPostmaster(this.#pid, mode);
    this.#pid = 0;
  }

  async start(): Promise<void> {
    if (this.#pid === 0) this.#pid = (await bringUp(this.site, this.port)).pid;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.deregister();
    if (this.#pid !== 0) await this.#stopUnlessShared();
    if (!this.temporary) return;
    process.removeListener('exit', this.atExit);
    await rm(this.site.home, { recursive: true, force: true });
  }

  /** Under the lock that every start takes too, so that nobody begins to use it while we look. */
  async #stopUnlessShared(): Promise<void> {
    const stopIfAlone = async (): Promise<void> => {
      const { living } = await findTenants(this.site.home);
      if (living.length === 0) await this.stop();
    };
    // Without an answer from the server there is no lock, and nobody who could be using it either.
    await withServerLock(this, stopIfAlone).catch(() => this.stop());
  }

  private get temporary(): boolean {
    return this.site.options.persistent === false;
  }

  /** A process that ends without `close()` leaves no temporary server behind. A kill does; see sweep.ts. */
  private readonly atExit = (): void => {
    if (this.#pid !== 0) signalSafely(this.#pid, 'SIGQUIT');
    try {
      rmSync(this.site.home, { recursive: true, force: true });
    } catch {
      // Its processes are still going; the next start sweeps the rest.
    }
  };
}
