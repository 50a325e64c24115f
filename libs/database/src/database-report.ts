// What the manager reports: names and figures for an operator's page; never a secret.
import type { ConfigReportEntry, ConnectionSettings } from '@hydrogen/config';
import type { PoolStats } from '@hydrogen/pool';
import type { PipelineStats } from './executor/pipelines.js';
import type { HostStats } from './hosts/database-hosts.js';
import type { DatabaseRuntime } from './database-runtime.js';
import type { WorkerStats } from './connection/worker-stats.js';
import type { HealthStatus } from './health/health-tracker.js';

/** One database in `DatabaseManager.report()`. */
export interface DatabaseReport {
  readonly name: string;
  readonly enabled: boolean;
  readonly target: string;
  readonly status: HealthStatus | 'disabled' | 'unknown';
  readonly server?: {
    readonly address: string;
    readonly version: string;
    readonly tls: string;
    readonly place: string;
  };
  /** The servers it may be connected to, with the connections at each. */
  readonly hosts?: readonly HostStats[];
  readonly pool?: PoolStats;
  readonly pipelines?: readonly PipelineStats[];
}

export interface ManagerReport {
  readonly startup: string;
  readonly databases: readonly DatabaseReport[];
  readonly workers: readonly WorkerStats[];
  /** The effective configuration: path, value (`set` / `not set` for secrets) and where it came from. */
  readonly configuration: readonly ConfigReportEntry[];
}

export function reportOf({ name, settings, server, health, hosts, executor }: DatabaseRuntime): DatabaseReport {
  const reached = server();
  // Not the statements: their texts name tables and columns, and a page may be anybody's. `stats()` has them.
  const { pool, pipelines } = executor.stats();
  return {
    name,
    enabled: true,
    target: targetOf(settings),
    status: health.status ?? 'unknown',
    ...(reached && {
      server: {
        address: reached.address,
        version: reached.serverVersion,
        tls: reached.tls ? `${reached.tls.protocol} ${reached.tls.cipher} ${reached.tls.mode}` : 'off',
        place: reached.place,
      },
    }),
    hosts: hosts.stats(),
    pool,
    pipelines,
  };
}

export function reportDisabled(name: string, settings: ConnectionSettings | undefined): DatabaseReport {
  return { name, enabled: false, target: settings ? targetOf(settings) : '', status: 'disabled' };
}

function targetOf({ Host, Port, Hosts, Database }: ConnectionSettings): string {
  return `${(Hosts ?? [{ Host, Port }]).map((each) => `${each.Host}:${each.Port}`).join(',')}/${Database}`;
}
