// One configured database, assembled: pool, executor, health, and what is known of its server. Assembly only.
import { Secret, type ConnectionSettings, type HealthSettings, type Placement } from '@hydrogen/config';
import { createPool, systemClock, type Clock } from '@hydrogen/pool';
import { connectRequest } from './connect-request.js';
import type { ConnectionInfo, PoolerInfo } from './connection/connection.js';
import type { Connector } from './connection/connector.js';
import type { CustomCodecs } from './connection/type-options.js';
import { Database } from './database.js';
import { DatabaseError } from './errors/database.error.js';
import { encodeCause } from './errors/error.codec.js';
import { CallContext, type ExecutorLimits } from './executor/call-context.js';
import { ConnectionManager } from './executor/connection-manager.js';
import { DatabaseExecutor, type ExecutorOptions } from './executor/database-executor.js';
import type { HostLookup } from './hosts/addresses.js';
import { DatabaseHosts } from './hosts/database-hosts.js';
import { describeHosts, type Host } from './hosts/host.js';
import { HealthMonitor } from './health/health-monitor.js';
import { LastPassword, RotatingConnector } from './rotating-connector.js';

/** At most one line about failed connects in this time, after the first of a series. */
const CONNECT_LOG_MS = 10_000;
/** After this long unused a shared connection goes back to the pool, where ValidateAfterIdleMs does not say. */
const PIPELINE_IDLE_MS = 1_000;

/** Where a runtime says what it noticed. */
export interface RuntimeLog {
  log(message: string): void;
  warn(message: string): void;
}

export interface RuntimeOptions {
  readonly name: string;
  readonly settings: ConnectionSettings;
  readonly health: HealthSettings;
  readonly connectors: readonly Connector[];
  readonly placement: Placement;
  readonly codecs: CustomCodecs;
  readonly log: RuntimeLog;
  /** The service tolerates that this database has never been reached (`Startup: degraded`). */
  readonly tolerant: boolean;
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
  /** Of the connection opened last. */
  readonly server: () => ConnectionInfo | undefined;
}

export function createRuntime(options: RuntimeOptions): DatabaseRuntime {
  const { name, settings, log, codecs, clock = systemClock } = options;
  const hostList = hostsOf(settings);
  const target = describeHosts(hostList);
  let server: ConnectionInfo | undefined;
  let quietUntil = -Infinity;
  const onAnswer = (): void => health.answered();
  const context = new CallContext({
    database: name,
    target,
    clock,
    limits: limitsOf(settings),
    onAnswer,
    onDemoted: (connection) => hosts.demoted(connection),
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
  const manager = new ConnectionManager({
    clock,
    connectors: options.connectors.map((connector) => hosts.over(rotating(connector, settings, password))),
    request: () => connectRequest(name, settings, codecs),
    codecs,
    placement: options.placement,
    roundTrip: context.roundTrip,
    resetMode: settings.ResetOnRelease,
    onConnected: (connection) => {
      const { info } = connection;
      // Once, and again when it has gone elsewhere.
      if (info.address !== server?.address && hosts.alone(connection))
        log.log(`${name}: connected to ${describeServer(info)}`);
      if (!server) warm();
      if (info.pooler && !server?.pooler) log.warn(`${name}: ${describePooler(info.pooler)}`);
      server = info;
    },
  });
  const pool = createPool(manager, poolOptions(name, settings), {
    clock,
    observer: {
      leaked: (heldMs, stack) =>
        log.warn(`${name}: a lease is held for ${Math.round(heldMs)} ms (LeakThresholdMs)${stack ? `\n${stack}` : ''}`),
      leakReturned: (heldMs) => log.warn(`${name}: the reported lease came back after ${Math.round(heldMs)} ms`),
      doubleRelease: (stack) => log.warn(`${name}: a lease was released twice${stack ? `\n${stack}` : ''}`),
      createFailed: (error, attempt) => {
        // The first of a series, then one in a while: attempts come several a second while anyone waits.
        if (attempt > 1 && clock.now() < quietUntil) return;
        quietUntil = clock.now() + CONNECT_LOG_MS;
        const { message } = encodeCause(error);
        log.warn(`${error instanceof DatabaseError ? message : `${name}: ${target}: ${message}`} (attempt ${attempt})`);
      },
      closed: (reason) => {
        if (reason === 'broken') health.suspect();
      },
    },
  });
  const executor = new DatabaseExecutor(pool, context, executorOptions(options));
  const warm = (): void => pool.resize({ min: settings.MinConnections });
  const health = new HealthMonitor({
    executor,
    clock,
    settings: options.health,
    tolerant: options.tolerant,
    log,
    name,
  });
  const database = new Database(name, executor, hosts);
  return { name, settings, executor, health, hosts, warm, database, server: () => server };
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

/** Said once, with what follows from it. */
function describePooler({ preparedStatements }: PoolerInfo): string {
  const statements = preparedStatements ? 'prepared statements are kept' : 'no prepared statements';
  return `a connection pooler stands in front of the server: ${statements}, no session state, no LISTEN; limits travel with each transaction`;
}

/** `10.0.0.7:5432 (standby), PostgreSQL 18.4, tls=TLSv1.3 TLS_AES_256_GCM_SHA384 verify-full, in worker:1` */
function describeServer({ address, role, serverVersion, tls, place }: ConnectionInfo): string {
  const kind = role?.standby ? ' (standby)' : role?.readOnly ? ' (read-only)' : '';
  const encryption = tls ? `${tls.protocol} ${tls.cipher} ${tls.mode}` : 'off';
  return `${address}${kind}, PostgreSQL ${serverVersion}, tls=${encryption}, ${place === 'inline' ? 'in this thread' : `in ${place}`}`;
}
