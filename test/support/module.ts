// Nest applications over fresh databases, for tests. Whoever opens one closes it.
import { Test, type TestingModule } from '@nestjs/testing';
import type { ModuleMetadata } from '@nestjs/common';
import { DatabaseModule, getDatabaseToken, DatabaseManager, type Database } from '@hydrogen/database';
import type { ConnectionConfig, DatabasesConfig } from '@hydrogen/config';
import { silentLogger } from './silent-logger.js';
import { createTestDatabase, type TestDatabase } from './server.js';

/** The connection block of a test database. */
export function connectionOf(database: TestDatabase, more: ConnectionConfig = {}): ConnectionConfig {
  return {
    Host: database.host,
    Port: database.port,
    Database: database.database,
    Username: database.user,
    Password: database.password,
    ...more,
  };
}

export interface OpenModule {
  readonly module: TestingModule;
  readonly manager: DatabaseManager;
  /** The database called `Main`. */
  readonly db: Database;
  readonly target: TestDatabase;
  close(): Promise<void>;
}

/** A module with one fresh database, `Main`, on the run's common server. */
export async function openModule(
  options: { databases?: Partial<DatabasesConfig>; connection?: ConnectionConfig; metadata?: ModuleMetadata } = {},
): Promise<OpenModule> {
  const target = await createTestDatabase();
  const module = await Test.createTestingModule({
    ...options.metadata,
    imports: [
      DatabaseModule.forRoot({
        config: { ...options.databases, Connections: { Main: connectionOf(target, options.connection) } },
        env: {},
      }),
      ...(options.metadata?.imports ?? []),
    ],
  })
    .setLogger(silentLogger)
    .compile();
  await module.init();
  return {
    module,
    target,
    manager: module.get(DatabaseManager),
    db: module.get<Database>(getDatabaseToken('Main')),
    close: async () => {
      await module.close();
      await target.drop();
    },
  };
}
