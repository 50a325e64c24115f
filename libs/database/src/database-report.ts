// What the manager reports: names and figures for an operator's page; never a secret.
import type { ConfigReportEntry, ConnectionSettings } from '@hydrogen/config';
import type { PoolStats } from '@hydrogen/pool';
import type { PipelineStats } from './executor/pipelines.js';
import type { TransactionFigures } from './executor/transaction-watch.js';
import type { HostStats } from './hosts/database-hosts.js';
import type { PoolCounters, PoolTimes } from './observe/pool-figures.js';
import type { ServerReport } from './observe/server-check.js';
import { describeTls } from './observe/start-line.js';
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
  /** What the first connection was told about its server, and whether the service may go. */
  readonly checks?: ServerReport;
  /** The servers it may be connected to, with the connections at each. */
  readonly hosts?: readonly HostStats[];
  readonly pool?: PoolStats;
  readonly counters?: PoolCounters;
  readonly times?: PoolTimes;
  readonly transactions?: TransactionFigures;
  readonly pipelines?: readonly PipelineStats[];
}

export interface ManagerReport {
  readonly startup: string;
  readonly databases: readonly DatabaseReport[];
  readonly workers: readonly WorkerStats[];
  /** The effective configuration: path, value (`set` / `not set` for secrets) and where it came from. */
  readonly configuration: readonly ConfigReportEntry[];
}

export function reportOf(runtime: DatabaseRuntime): DatabaseReport {
  const { name, settings, server, checked, health, hosts, executor, observer } = runtime;
  const reached = server();
  const checks = checked();
  // Not the statements: their texts name tables and columns, and a page may be anybody's. `stats()` has them.
  const { pool, pipelines, transactions } = executor.stats();
  return {
    name,
    enabled: true,
    target: targetOf(settings),
    status: health.status ?? 'unknown',
    ...(reached && {
      server: {
        address: reached.address,
        version: reached.serverVersion,
        tls: describeTls(reached),
        place: reached.place,
      },
    }),
    ...(checks && { checks }),
    hosts: hosts.stats(),
    pool,
    counters: observer.recorder.counters(),
    times: observer.recorder.times(),
    transactions,
    pipelines,
  };
}

export function reportDisabled(name: string, settings: ConnectionSettings | undefined): DatabaseReport {
  return { name, enabled: false, target: settings ? targetOf(settings) : '', status: 'disabled' };
}

function targetOf({ Host, Port, Hosts, Database }: ConnectionSettings): string {
  return `${(Hosts ?? [{ Host, Port }]).map((each) => `${each.Host}:${each.Port}`).join(',')}/${Database}`;
}
