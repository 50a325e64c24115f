// Ours, through its public door: a Nest application context with one database and its default configuration.
import { NestFactory } from '@nestjs/core';
import {
  DatabaseManager,
  DatabaseModule,
  getDatabaseToken,
  type Database,
  type DatabaseStats,
  type QueryOptions,
  type Queryable,
} from '@hydrogen/database';
import type { CallOptions, DriverOptions, FaultDriver, Run } from './driver.js';

/** `idempotent`: the caller's word that a write may be run twice. */
type Options = QueryOptions & { readonly idempotent?: boolean };

function optionsOf({ timeoutMs, signal, retrySafe }: CallOptions, kind: 'read' | 'write'): Options {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
    ...(retrySafe === true ? (kind === 'read' ? { readOnly: true } : { idempotent: true }) : {}),
  };
}

const on =
  (target: Queryable, kind: 'read' | 'write' = 'read'): Run =>
  async (sql, params = [], options = {}) =>
    (await target.query(sql, params, optionsOf(options, kind))).rows;

export interface Ours {
  readonly db: Database;
  readonly stats: () => DatabaseStats;
  readonly close: () => Promise<void>;
}

export async function openOurs(options: DriverOptions): Promise<Ours> {
  const { host, port, database, user, password, max, workers, connection = {}, shutdownMs } = options;
  const Main = { Host: host, Port: port, Database: database, Username: user, Password: password, MaxConnections: max };
  const config = {
    Workers: workers,
    Startup: 'lazy' as const,
    ...(shutdownMs === undefined ? {} : { ShutdownTimeoutMs: shutdownMs }),
    Connections: { Main: { ...Main, ...connection } },
  };
  const context = await NestFactory.createApplicationContext(DatabaseModule.forRoot({ config, env: {} }), {
    logger: false,
    abortOnError: false,
  });
  return {
    db: context.get<Database>(getDatabaseToken('Main')),
    stats: () => context.get(DatabaseManager).stats()['Main'] as DatabaseStats,
    close: () => context.close(),
  };
}

export async function hydrogenDriver(options: DriverOptions): Promise<FaultDriver> {
  const { db, stats, close } = await openOurs(options);
  return {
    query: on(db),
    write: on(db, 'write'),
    transaction: (fn, modes) => db.transaction((tx) => fn(on(tx)), modes),
    settled: () => stats().settled,
    lease: (fn) => db.using((lease) => fn(on(lease))),
    acquire: async () => {
      const lease = await db.acquire();
      return { query: on(lease), release: () => lease.release() };
    },
    end: close,
  };
}
