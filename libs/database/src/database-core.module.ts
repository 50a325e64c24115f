// The one place of an application where the databases live: manager, executor and their lifecycle. Global, so that
// forFeature, health and the executor find them; the named databases themselves are DatabaseModule's.
import { Global, Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { LoadedConfig } from '@hydrogen/config';
import type { CustomCodecs } from './connection/type-options.js';
import { DatabaseLifecycle } from './database.lifecycle.js';
import { DatabaseManager } from './database-manager.js';
import {
  DATABASE_OPTIONS,
  loadedConfig,
  type DatabaseModuleAsyncOptions,
  type DatabaseModuleOptions,
  type DatabaseOptionsFactory,
  type TypeCodec,
} from './database-options.js';
import { databaseError } from './errors/database.error.js';
import { QueryExecutor } from './executor/query-executor.js';
import { ManagedQueryExecutor } from './managed-query-executor.js';
import { PostgresConnector } from './postgres/postgres-connector.js';
import { WorkerSupervisor } from './worker/worker-supervisor.js';

const LOADED_CONFIG = Symbol('hydrogen:loaded-config');

const PROVIDERS: Provider[] = [
  {
    provide: DatabaseManager,
    inject: [LOADED_CONFIG, DATABASE_OPTIONS, ModulesContainer],
    useFactory: (loaded: LoadedConfig, options: GivenOptions, modules: ModulesContainer) => {
      refuseSecond(modules);
      return createManager(loaded, options());
    },
  },
  {
    provide: QueryExecutor,
    inject: [DatabaseManager],
    useFactory: (manager: DatabaseManager) => new ManagedQueryExecutor(manager),
  },
  DatabaseLifecycle,
];

@Global()
@Module({})
export class DatabaseCoreModule {
  /** The configuration is loaded already: `forRoot` must know the names. */
  static forConfig(loaded: LoadedConfig, options: DatabaseModuleOptions): DynamicModule {
    return assemble([
      { provide: DATABASE_OPTIONS, useValue: kept(options) },
      { provide: LOADED_CONFIG, useValue: loaded },
    ]);
  }

  static forOptions(options: DatabaseModuleAsyncOptions): DynamicModule {
    const { imports = [], inject = [], useFactory, useClass, useExisting } = options;
    const factory = useClass ?? useExisting;
    if (!factory && !useFactory) {
      const message = 'DatabaseModule.forRootAsync() needs one of useFactory, useClass and useExisting';
      throw databaseError({ code: 'DB_CONFIG_INVALID', message });
    }
    const source: Provider[] = factory
      ? [
          ...(useClass ? [useClass] : []),
          {
            provide: DATABASE_OPTIONS,
            inject: [factory],
            useFactory: async (made: DatabaseOptionsFactory) => kept(await made.createDatabaseOptions()),
          },
        ]
      : [
          {
            provide: DATABASE_OPTIONS,
            inject: [...inject],
            useFactory: async (...made: never[]) => kept((await useFactory?.(...made)) ?? {}),
          },
        ];
    const loaded: Provider = {
      provide: LOADED_CONFIG,
      inject: [DATABASE_OPTIONS],
      useFactory: (given: GivenOptions) => loadedConfig(given()),
    };
    return { ...assemble([...source, loaded]), imports: [...imports] };
  }
}

/** Passwords may stand in options; in a closure no dump of the application shows them. */
type GivenOptions = () => DatabaseModuleOptions;
const kept =
  (options: DatabaseModuleOptions): GivenOptions =>
  () =>
    options;

function assemble(sources: Provider[]): DynamicModule {
  return {
    module: DatabaseCoreModule,
    providers: [...sources, ...PROVIDERS],
    exports: [DatabaseManager, QueryExecutor],
  };
}

function createManager(loaded: LoadedConfig, { startup, env, types, lookup }: DatabaseModuleOptions): DatabaseManager {
  const logger = new Logger('Database');
  const log = { log: (message: string) => logger.log(message), warn: (message: string) => logger.warn(message) };
  for (const { path, message } of loaded.warnings) log.warn(`${path}: ${message}`);
  const { Databases } = loaded.config;
  return new DatabaseManager({
    settings: Databases,
    startup: startup ?? Databases.Startup,
    log,
    inline: new PostgresConnector('inline'),
    workers: Array.from({ length: Databases.Workers }, (_, index) => new WorkerSupervisor(index + 1, log.warn)),
    codecs: customCodecs(types?.codecs ?? []),
    ...(lookup ? { lookup } : {}),
    env,
    configReport: () => loaded.report(),
  });
}

/** @throws DB_CONFIG_INVALID */
function customCodecs(codecs: readonly TypeCodec[]): CustomCodecs {
  for (const { oid, parse } of codecs) {
    if (Number.isInteger(oid) && oid > 0 && typeof parse === 'function') continue;
    const message = `types.codecs: each needs an oid above 0 and a function parse, got oid ${String(oid)}`;
    throw databaseError({ code: 'DB_CONFIG_INVALID', message });
  }
  return new Map(codecs.map(({ oid, parse }) => [oid, parse]));
}

/** Two of them would be two sets of pools behind the same tokens, and the first would win in silence. */
function refuseSecond(modules: ModulesContainer): void {
  const cores = [...modules.values()].filter((module) => module.metatype === DatabaseCoreModule);
  if (cores.length < 2) return;
  throw databaseError({
    code: 'DB_CONFIG_INVALID',
    message:
      'DatabaseModule.forRoot() or forRootAsync() is imported more than once; name all databases in one configuration',
  });
}
