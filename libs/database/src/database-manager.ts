// The databases by name, and their life as a whole: started once, closed once, whoever asks first.
import {
  loadHydrogenConfig,
  nearestName,
  type ConnectionConfig,
  type DatabasesSettings,
  type Startup,
} from '@hydrogen/config';
import type { ConfigReportEntry } from '@hydrogen/config';
import { systemClock, type Timer } from '@hydrogen/pool';
import type { Connector } from './connection/connector.js';
import { NO_CODECS, type CustomCodecs } from './connection/type-options.js';
import { Database } from './database.js';
import { reportDisabled, reportOf, type ManagerReport } from './database-report.js';
import { createRuntime, type DatabaseRuntime } from './database-runtime.js';
import type { ReportLog } from './observe/report-log.js';
import { startRuntimes } from './database-start.js';
import { databaseError, type DatabaseError } from './errors/database.error.js';
import type { DatabaseStats } from './executor/database-stats.js';
import type { HostLookup } from './hosts/addresses.js';
import type { WorkerStats } from './connection/worker-stats.js';

/** A Connector that lives in a worker. */
export interface WorkerConnector extends Connector {
  stats(): WorkerStats;
  close(): Promise<void>;
}

export interface DatabaseManagerOptions {
  readonly settings: DatabasesSettings;
  /** Wins over `settings.Startup`. */
  readonly startup: Startup;
  readonly workers: readonly WorkerConnector[];
  /** Where connections are opened that Placement does not put into a worker. */
  readonly inline: Connector;
  /** The user's own, by OID. */
  readonly codecs?: CustomCodecs;
  /** Default: Node's own. */
  readonly lookup?: HostLookup;
  readonly log: ReportLog;
  /** Values of placeholders, as the module was given them. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly configReport: () => readonly ConfigReportEntry[];
}

export class DatabaseManager {
  readonly settings: DatabasesSettings;
  readonly #options: DatabaseManagerOptions;
  readonly #runtimes = new Map<string, DatabaseRuntime>();
  readonly #disabled = new Map<string, Database>();
  #starting: Promise<void> | undefined;
  #started = false;
  #closing: Promise<void> | undefined;
  #closeBy: number | undefined;
  readonly #stopping = new AbortController();
  /** Removed databases that are still draining: the workers wait for them too. */
  readonly #removing = new Set<Promise<void>>();
  #closeTimer: Timer | undefined;

  /** @internal Injected: `@InjectDatabaseManager()`. */
  constructor(options: DatabaseManagerOptions) {
    this.#options = options;
    this.settings = options.settings;
    for (const [name, settings] of Object.entries(options.settings.Connections)) {
      if (settings.Enabled) this.#runtimes.set(name, this.#create(name, settings));
      else this.#disabled.set(name, new Database(name, undefined));
    }
  }

  /** The database of that name; always the same object. @throws DB_UNKNOWN with the nearest name */
  get(name: string): Database {
    const known = this.#runtimes.get(name)?.database ?? this.#disabled.get(name);
    if (!known) throw this.unknown(name);
    return known;
  }

  /** Configured names, in the order of the file. */
  names(): readonly string[] {
    const configured = Object.keys(this.settings.Connections).filter((name) => this.has(name));
    return [...configured, ...[...this.#runtimes.keys()].filter((name) => !configured.includes(name))];
  }

  has(name: string): boolean {
    return this.#runtimes.has(name) || this.#disabled.has(name);
  }

  /**
   * Adds a database while running; its first connection is made at its first call. `Defaults` of the
   * configuration are not inherited: the block is whole. Placeholders have the values the
   * module's had. @throws ConfigInvalidError (`DB_CONFIG_INVALID`)
   */
  async add(name: string, config: ConnectionConfig): Promise<Database> {
    if (this.#closing) throw databaseError({ code: 'DB_CLOSING', message: 'the databases are being closed' });
    if (this.has(name)) {
      throw databaseError({ code: 'DB_CONFIG_INVALID', message: `${name}: a database of that name exists already` });
    }
    const { RequireTls } = this.settings;
    const { config: added } = loadHydrogenConfig({
      config: { RequireTls, Connections: { [name]: config } },
      env: this.#options.env,
    });
    const settings = added.Databases.Connections[name];
    if (!settings?.Enabled) throw databaseError({ code: 'DB_DISABLED', message: `${name}: is disabled` });
    const runtime = this.#create(name, settings);
    this.#runtimes.set(name, runtime);
    return runtime.database;
  }

  /** Takes a database out and closes its pool within ShutdownTimeoutMs. @throws DB_UNKNOWN */
  async remove(name: string): Promise<void> {
    const runtime = this.#runtimes.get(name);
    if (!runtime && !this.#disabled.delete(name)) throw this.unknown(name);
    this.#runtimes.delete(name);
    if (!runtime) return;
    const closing = runtime.end('close', systemClock.now() + this.settings.ShutdownTimeoutMs);
    this.#removing.add(closing);
    await closing.finally(() => this.#removing.delete(closing));
  }

  /** Figures by name: the pool's, connections in shared use, and what was learned of statements. */
  stats(): Readonly<Record<string, DatabaseStats>> {
    return Object.fromEntries(this.runtimes().map(({ name, executor }) => [name, executor.stats()]));
  }

  /** What an operator wants to see; fit for a page, free of secrets. */
  report(): ManagerReport {
    return {
      startup: this.#options.startup,
      databases: this.names().map((name) => {
        const runtime = this.#runtimes.get(name);
        return runtime ? reportOf(runtime) : reportDisabled(name, this.settings.Connections[name]);
      }),
      workers: this.workerStats(),
      configuration: this.#options.configReport(),
    };
  }

  /** Everything asked for by `Startup` has been done. */
  get started(): boolean {
    return this.#started && !this.#closing;
  }

  /** @internal Idempotent: hooks of a global consumer may run before ours. */
  start(): Promise<void> {
    const { startup, log } = this.#options;
    const budgetMs = this.settings.StartupTimeoutMs;
    return (this.#starting ??= startRuntimes(this.runtimes(), {
      startup,
      budgetMs,
      log,
      signal: this.#stopping.signal,
    }).then(() => {
      this.#started = true;
    }));
  }

  /**
   * @internal The shutdown's time begins here, although work goes on: requests that are being served may query until
   * HTTP has ended, and what has not ended by ShutdownTimeoutMs is cut off, so that HTTP can end.
   */
  announceClose(): void {
    if (this.#closing || this.#closeBy !== undefined) return;
    this.#closeBy = systemClock.now() + this.settings.ShutdownTimeoutMs;
    this.#closeTimer = systemClock.setTimer(this.settings.ShutdownTimeoutMs, () => void this.close(), { unref: true });
  }

  /** @internal Idempotent. New work is refused, what runs may end within ShutdownTimeoutMs, the rest is cancelled. */
  close(graceMs?: number): Promise<void> {
    if (graceMs !== undefined) this.#closeBy ??= systemClock.now() + graceMs;
    return (this.#closing ??= this.#closeAll());
  }

  /** @internal */
  runtimes(): readonly DatabaseRuntime[] {
    return [...this.#runtimes.values()];
  }

  /** @internal @throws DB_UNKNOWN, DB_DISABLED */
  runtime(name: string): DatabaseRuntime {
    const runtime = this.#runtimes.get(name);
    if (runtime) return runtime;
    if (!this.#disabled.has(name)) throw this.unknown(name);
    throw databaseError({ code: 'DB_DISABLED', message: `${name}: is disabled`, database: name });
  }

  /** @internal */
  workerStats(): readonly WorkerStats[] {
    return this.#options.workers.map((worker) => worker.stats());
  }

  /** @internal */
  unknown(name: string, where = ''): DatabaseError {
    const names = this.names();
    const nearest = nearestName(name, names);
    const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`;
    const message = `no database '${name}'${hint} configured: ${names.join(', ') || 'none'}${where}`;
    return databaseError({ code: 'DB_UNKNOWN', message });
  }

  #create(name: string, settings: DatabaseRuntime['settings']): DatabaseRuntime {
    const { workers, inline, log, codecs = NO_CODECS, lookup } = this.#options;
    return createRuntime({
      name,
      settings,
      log,
      health: this.settings.Health,
      connectors: [inline, ...workers],
      placement: this.settings.Placement,
      codecs,
      ...(lookup ? { lookup } : {}),
      tolerant: this.#options.startup === 'degraded',
      startup: this.#options.startup,
    });
  }

  async #closeAll(): Promise<void> {
    this.#closeTimer?.cancel();
    this.#stopping.abort(databaseError({ code: 'DB_CLOSING', message: 'the databases are being closed' }));
    const deadline = this.#closeBy ?? systemClock.now() + this.settings.ShutdownTimeoutMs;
    // Reverse of creation, side by side: the longest drain bounds them all.
    const runtimes = this.runtimes().toReversed();
    await Promise.all(runtimes.map((runtime) => runtime.end('close', deadline)));
    await Promise.all(this.#removing);
    await Promise.all(this.#options.workers.map((worker) => worker.close()));
  }
}
