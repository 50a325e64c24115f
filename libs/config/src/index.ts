// The public door of @hydrogen/config. Everything that is not named here may change without notice.
export { ConfigInvalidError, type ConfigIssue } from './config-invalid.error.js';
export { HYDROGEN_CONFIG, HydrogenConfigModule, type HydrogenConfigModuleOptions } from './hydrogen-config.module.js';
export { listPlaceholders } from './list-placeholders.js';
export { loadHydrogenConfig, type LoadedConfig, type LoadOptions } from './load-hydrogen-config.js';
export { nearestName } from './nearest-name.js';
export type { PlaceholderReference } from './placeholders/find-placeholders.js';
export type { ConfigReportEntry } from './report/config-report.js';
export type { ConfigValueSource } from './resolve/bound.js';
export { Secret } from './secret.js';
export type {
  ConfigSource,
  ConnectionConfig,
  ConnectionDefaults,
  DatabasesConfig,
  CircuitConfig,
  HealthConfig,
  HostConfig,
  LanesConfig,
  ResultsConfig,
  TlsConfig,
  TransactionsConfig,
} from './settings/config-input.js';
export { ConnectionSettings, type ResetMode, type TypeMode } from './settings/connection.settings.js';
export { CircuitSettings } from './settings/circuit.settings.js';
export { DatabasesSettings, type HydrogenConfig, type Placement, type Startup } from './settings/databases.settings.js';
export { HealthSettings } from './settings/health.settings.js';
export { HostSettings, type TargetSession } from './settings/host.settings.js';
export { LanesSettings } from './settings/lanes.settings.js';
export type { PasswordSource } from './settings/password-source.js';
export { ResultsSettings } from './settings/results.settings.js';
export { TransactionsSettings, type AmbientMode } from './settings/transactions.settings.js';
export { TlsSettings, type TlsMode } from './settings/tls.settings.js';
export { readEnvironment, type Environment } from './source/read-environment.js';
export { parseConnectionUrl, type ConnectionUrlParts } from './url/connection-url.js';
export { formatConnectionUrl, maskConnectionUrl } from './url/format-connection-url.js';
