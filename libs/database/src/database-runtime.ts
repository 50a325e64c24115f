// One configured database, assembled: pool, executor, health, and what is known of its server. Assembly only.
import { Secret, type ConnectionSettings, type HealthSettings, type Placement, type Startup } from '@hydrogen/config';
import { createPool, systemClock, type Clock } from '@hydrogen/pool';
import { connectRequest } from './connect-request.js';
import type { ConnectionInfo } from './connection/connection.js';
import type { Connector } from './connection/connector.js';
import type { CustomCodecs } from './connection/type-options.js';
import { Database } from './database.js';
import { CallContext, type ExecutorLimits } from './executor/call-context.js';
import { ConnectionManager } from './executor/connection-manager.js';
import { DatabaseExecutor, type ExecutorOptions } from './executor/database-executor.js';
import type { HostLookup } from './hosts/addresses.js';
import { DatabaseHosts } from './hosts/database-hosts.js';
import { describeHosts, type Host } from './hosts/host.js';
import { DatabaseObserver } from './observe/database-observer.js';
import type { ReportLog } from './observe/report-log.js';
import { checkServer, type ServerReport } from './observe/server-check.js';
import { reportMove, reportPooler, reportStart } from './observe/start-line.js';
import { HealthMonitor } from './health/health-monitor.js';
import { LastPassword, RotatingConnector } from './rotating-connector.js';

/** After this long unused a shared connection goes back to the pool, where ValidateAfterIdleMs does not say. */
const PIPELINE_IDLE_MS = 1_000;

export interface RuntimeOptions {
  readonly name: string;
  readonly settings: ConnectionSettings;
  readonly health: HealthSettings;
  readonly connectors: readonly Connector[];
  readonly placement: Placement;
  readonly codecs: CustomCodecs;
  readonly log: ReportLog;
  /** The service tolerates that this database has never been reached (`Startup: degraded`). */
  readonly tolerant: boolean;
  /** For the line about its first connection. */
  readonly startup: Startup;
  readonly clock?: Clock;
  /** Default: Node's own. */
  readonly lookup?: HostLookup;
}

export interface DatabaseRuntime {
  readonly name: string;
  readonly settings: ConnectionSettings;
  readonly database: Database;
  readonly executor: DatabaseExecutor;
  readonly health: HealthMonitor;
  readonly hosts: DatabaseHosts;
  /** From now on MinConnections are kept open. At the start, or with the first connection. */
  readonly warm: () => void;
  /** Ends all of it: nobody looks after what is ending, and what runs may end until the deadline. Never rejects. */
  readonly end: (how: 'drain' | 'close', deadline: number) => Promise<void>;
  /** Of the connection opened last. */
  readonly server: () => ConnectionInfo | undefined;
  /** What its first connection was told; undefined before. */
  readonly checked: () => ServerReport | undefined;
  readonly observer: DatabaseObserver;
}

export function createRuntime(options: RuntimeOptions): DatabaseRuntime {
  const { name, settings, log, codecs, clock = systemClock } = options;
  const hostList = hostsOf(settings);
  const target = describeHosts(hostList);
  let server: ConnectionInfo | undefined;
  const onAnswer = (): void => health.answered();
  const context = new CallContext({
    database: name,
    target,
    clock,
    limits: limitsOf(settings),
    onAnswer,
    onDemoted: (connection) => hosts.demoted(connection),
  });
  const { trace } = context;
  const observer = new DatabaseObserver({
    database: name,
    target,
    clock,
    log,
    trace,
    min: settings.MinConnections,
    max: settings.MaxConnections,
    onBroken: () => health.suspect(),
  });
  const hosts = new DatabaseHosts({
    database: name,
    hosts: hostList,
    target: settings.TargetSession,
    dnsRecheckMs: settings.DnsRecheckMs,
    clock,
    ...(options.lookup ? { lookup: options.lookup } : {}),
    warn: (message) => log.warn(message),
    recycle: (which) => pool.recycle(which),
  });
  const password = new LastPassword();
  let checked: ServerReport | undefined;
  const manager = new ConnectionManager({
    clock,
    connectors: options.connectors.map((connector) => hosts.over(rotating(connector, settings, password))),
    request: () => connectRequest(name, settings, codecs),
    codecs,
    placement: options.placement,
    roundTrip: context.roundTrip,
    resetMode: settings.ResetOnRelease,
    trace,
    inspect: async (connection, step) => {
      if (checked === undefined) checked = await checkServer(connection, step);
    },
    onConnected: (connection) => {
      const { info } = connection;
      if (!server) {
        const { MinConnections: min, MaxConnections: max } = settings;
        if (checked) reportStart(log, { database: name, info, server: checked, min, max, startup: options.startup });
        warm();
      } else if (info.address !== server.address && hosts.alone(connection)) reportMove(log, name, info);
      if (info.pooler && !server?.pooler) reportPooler(log, name, info.pooler);
      server = info;
    },
    onLost: (connection, reason) =>
      observer.lost(
        connection,
        reason,
        () => pool.entries().find(({ resource }) => resource === connection)?.holder?.stack,
      ),
  });
  const answers = (): number => context.answers;
  const pool = createPool(manager, poolOptions(name, settings), { clock, observer, answers });
  const executor = new DatabaseExecutor(pool, context, { ...executorOptions(options), reports: observer });
  const warm = (): void => pool.resize({ min: settings.MinConnections });
  const health = new HealthMonitor({
    executor,
    clock,
    settings: options.health,
    tolerant: options.tolerant,
    log,
    name,
  });
  const end = (how: 'drain' | 'close', deadline: number): Promise<void> => {
    health.close();
    hosts.close();
    return executor[how](deadline);
  };
  const drain = (ms: number): Promise<void> => end('drain', clock.now() + ms);
  const database = new Database(name, executor, { recorder: observer.recorder, hosts, drain });
  return {
    name,
    settings,
    executor,
    health,
    hosts,
    warm,
    end,
    observer,
    database,
    server: () => server,
    checked: () => checked,
  };
}

/** A password that was written down cannot change. */
function rotating(connector: Connector, { Password }: ConnectionSettings, last: LastPassword): Connector {
  const fixed = Password === undefined || Password instanceof Secret;
  return fixed ? connector : new RotatingConnector(connector, last);
}

function hostsOf({ Host: name, Port: port, Hosts }: ConnectionSettings): readonly Host[] {
  return (
    Hosts?.map(({ Host, Port = port, Weight }) => ({
      name: Host,
      port: Port,
      ...(Weight ? { weight: Weight } : {}),
    })) ?? [{ name, port }]
  );
}

function poolOptions(name: string, settings: ConnectionSettings): Parameters<typeof createPool>[1] {
  return {
    name,
    // Nothing is opened by being built: an application that fails to build has nothing to close. See `warm`.
    min: 0,
    max: settings.MaxConnections,
    maxQueue: settings.MaxQueue,
    connectTimeoutMs: settings.ConnectTimeoutMs,
    validationTimeoutMs: settings.ValidationTimeoutMs,
    resetTimeoutMs: settings.CancelTimeoutMs || 1_000,
    idleTimeoutMs: settings.IdleTimeoutMs,
    maxLifetimeMs: settings.MaxLifetimeMs,
    lifetimeJitter: settings.LifetimeJitter,
    keepaliveMs: settings.KeepaliveMs,
    validateAfterIdleMs: settings.ValidateAfterIdleMs,
    leakThresholdMs: settings.LeakThresholdMs,
    circuitMs: settings.Circuit.WindowMs,
  };
}

function executorOptions({ settings, placement, connectors, log }: RuntimeOptions): ExecutorOptions {
  return {
    warn: (message) => log.warn(message),
    maxQueue: settings.MaxQueue,
    placement,
    workers: connectors.some(({ place }) => place !== 'inline'),
    pipelines: settings.Pipelines,
    pipelineWrites: settings.PipelineWrites,
    slowMax: settings.MaxConnections > 1 ? settings.Lanes.SlowMax : Infinity,
    ambient: settings.Transactions.Ambient,
    transactionRetries: settings.Transactions.Retries,
    warnExternalIo: settings.Transactions.WarnExternalIo,
    pipelineIdleMs: settings.ValidateAfterIdleMs || PIPELINE_IDLE_MS,
  };
}

function limitsOf(settings: ConnectionSettings): ExecutorLimits {
  return {
    acquireTimeoutMs: settings.AcquireTimeoutMs,
    statementTimeoutMs: settings.StatementTimeoutMs,
    transactionTimeoutMs: settings.TransactionTimeoutMs,
    cancelTimeoutMs: settings.CancelTimeoutMs,
    maxRows: settings.Results.MaxRows,
    maxBytes: settings.Results.MaxBytes,
  };
}
