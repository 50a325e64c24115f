// What people write who configure in code: the same keys as the file, all optional, each also as a placeholder.
// Types only. Whether a required key is really there is said by the loader, in one report with everything else.
import type { Secret } from '../secret.js';
import type { CircuitSettings } from './circuit.settings.js';
import type { ConnectionSettings } from './connection.settings.js';
import type { DatabasesSettings } from './databases.settings.js';
import type { HostSettings } from './host.settings.js';
import type { HealthSettings } from './health.settings.js';
import type { LanesSettings } from './lanes.settings.js';
import type { ResultsSettings } from './results.settings.js';
import type { TlsSettings } from './tls.settings.js';
import type { TransactionsSettings } from './transactions.settings.js';

/** The value itself or a text such as `{$env.OIDC_DB_PORT}`; `string & {}` keeps the completion of literal types. */
type OrText<T> = T | (string & {});

/** The plain keys of a settings class, with their documentation. */
type ScalarsOf<T> = {
  readonly [K in keyof T as NonNullable<T[K]> extends string | number | boolean ? K : never]?: OrText<T[K]>;
};

/** One entry of `Hosts`. */
export type HostConfig = ScalarsOf<HostSettings>;

export interface TlsConfig extends ScalarsOf<TlsSettings> {
  /** Private key of `Cert`, as a path or as PEM. */
  readonly Key?: string | Secret;
}

export type ResultsConfig = ScalarsOf<ResultsSettings>;
export type CircuitConfig = ScalarsOf<CircuitSettings>;
export type LanesConfig = ScalarsOf<LanesSettings>;
export type TransactionsConfig = ScalarsOf<TransactionsSettings>;
export type HealthConfig = ScalarsOf<HealthSettings>;

/** What may stand in `Databases.Defaults`: everything of a connection except `Url`. */
export interface ConnectionDefaults extends ScalarsOf<ConnectionSettings> {
  /** Second spelling of `Type`; both at once is an error. */
  readonly Engine?: OrText<'postgres'>;
  /** Several servers in the place of `Host`: blocks, or texts such as `a:5432, b:5433`. */
  readonly Hosts?: string | readonly (HostConfig | string)[];
  /** Second spelling of `Username`; both at once is an error. */
  readonly User?: string;
  /** Text, a secret, a function called for each new connection, or a file read for each new connection. */
  readonly Password?: string | Secret | (() => string | Promise<string>) | { readonly File: string };
  /** Second spelling of `Password`; both at once is an error. */
  readonly Pass?: ConnectionDefaults['Password'];
  readonly Tls?: TlsConfig;
  readonly Results?: ResultsConfig;
  readonly Lanes?: LanesConfig;
  readonly Circuit?: CircuitConfig;
  readonly Transactions?: TransactionsConfig;
}

/** One database, as written in code. */
export interface ConnectionConfig extends ConnectionDefaults {
  /** `postgres://user:password@host:port/database?sslmode=…` in the place of Host, Port, Database, Username, Password. */
  readonly Url?: string | Secret;
}

/** The `Databases` block, as written in code. */
export interface DatabasesConfig extends ScalarsOf<DatabasesSettings> {
  readonly Health?: HealthConfig;
  /** Inherited by each connection, `Tls`, `Lanes`, `Circuit`, `Transactions` and `Results` key by key. */
  readonly Defaults?: ConnectionDefaults;
  readonly Connections?: Readonly<Record<string, ConnectionConfig>>;
}

/** Path of a `hydrogen.json`, the `Databases` block, or a document that holds it. */
export type ConfigSource = string | DatabasesConfig | { readonly Databases: DatabasesConfig };
