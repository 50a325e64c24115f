// What callers say and what they get: the types of the public surface.
// Types only; nothing here does anything.

/** A role (LOGIN, nothing more) and the database that it owns. Both are made when missing; the password is set each time. */
export interface DatabaseSpec {
  readonly name: string;
  readonly user: string;
  readonly password: string;
}

/** Where a server listens, and its superuser. Plain data, so it can cross processes. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly superuser: { readonly user: string; readonly password: string };
}

export interface EmbeddedOptions {
  /**
   * Where the data live, e.g. `<cwd>/.hydrogen`. Made when missing. As root PostgreSQL runs under another system user;
   * when that user can't reach this folder, another one is chosen and said through `log`.
   */
  readonly folder: string;
  /** Fixed TCP port. Default 0: a free one, which is kept for the next start if it is still free then. */
  readonly port?: number;
  /** Roles and databases to make sure of at every start. */
  readonly databases: readonly DatabaseSpec[];
  /** Settings as in postgresql.conf, e.g. `{ max_connections: '200' }`. They win over this library's own. A running server that is reused keeps the ones it was started with. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default true: the data stay. False: a new folder inside `folder`, removed by `close()` (or by the next such start, if this process is killed). */
  readonly persistent?: boolean;
  /** Gets one line for whatever a user should know. Default: nobody. */
  readonly log?: (line: string) => void;
}

/** A PostgreSQL that outlives signals to this process and ends with `close()`. */
export interface EmbeddedServer extends ServerAddress {
  /** PostgreSQL's own data directory. */
  readonly dataFolder: string;
  /** Process id of the postmaster; 0 while it is stopped. */
  readonly pid: number;
  /** True when the server was already running: an orphan of a killed run, or one that another process shares. */
  readonly reused: boolean;
  /** Makes a role and its database. Made ones are left, with the password set anew. */
  createDatabase(database: DatabaseSpec): Promise<void>;
  /** Drops a database, whoever is connected, and its owner, if that is no superuser and owns no other. */
  dropDatabase(name: string): Promise<void>;
  /** One statement as superuser on a connection of its own. `database` defaults to `postgres`. For tests and setup. */
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Stops the server, whoever uses it. `fast` (default) ends sessions in order, `immediate` is a crash. Data stay. */
  stop(mode?: StopMode): Promise<void>;
  /** Starts it again after `stop()`, on the same port. Throws `EMBEDDED_PORT_BUSY` when that is taken by now. */
  start(): Promise<void>;
  /** Stops it (unless another living process has it in use) and removes the data when not persistent. Safe to repeat. */
  close(): Promise<void>;
}

export type StopMode = 'fast' | 'immediate';
