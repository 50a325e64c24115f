// The public module: assembles, decides nothing.
import { Module, type DynamicModule } from '@nestjs/common';
import { DatabaseCoreModule } from './database-core.module.js';
import { DatabaseManager } from './database-manager.js';
import { loadedConfig, type DatabaseModuleAsyncOptions, type DatabaseModuleOptions } from './database-options.js';
import { databaseProviders, databaseTokens } from './database.providers.js';
import { getDatabaseToken } from './decorators/database-tokens.js';
import type { DatabaseName } from './decorators/inject-database.js';

@Module({})
export class DatabaseModule {
  /**
   * Every database of the configuration, injectable by `@InjectDatabase(name)`.
   * @throws ConfigInvalidError (`DB_CONFIG_INVALID`) with all problems at once
   */
  static forRoot(options: DatabaseModuleOptions = {}): Promise<DynamicModule> {
    const module = (async () => {
      const loaded = loadedConfig(options);
      const names = Object.keys(loaded.config.Databases.Connections);
      return withDatabases(DatabaseCoreModule.forConfig(loaded, options), names, options.isGlobal);
    })();
    // Nest awaits it later: until then a bad configuration must not count as an unhandled rejection.
    module.catch(() => {});
    return module;
  }

  /** The same, with options from a factory. Names need not be repeated: those that are injected are known. */
  static forRootAsync(options: DatabaseModuleAsyncOptions): DynamicModule {
    return withDatabases(DatabaseCoreModule.forOptions(options), [], options.isGlobal);
  }

  /** Brings some databases into a module; needed only with `isGlobal: false`. @throws DB_UNKNOWN when the module is built */
  static forFeature(names: readonly DatabaseName[]): DynamicModule {
    const providers = names.map((name) => ({
      provide: getDatabaseToken(name),
      inject: [DatabaseManager],
      useFactory: (manager: DatabaseManager) => manager.get(name),
    }));
    return { module: DatabaseFeatureModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}

/** A module of its own, so that a feature import is not taken for a second forRoot. */
@Module({})
class DatabaseFeatureModule {}

function withDatabases(core: DynamicModule, names: readonly string[], isGlobal = true): DynamicModule {
  return {
    module: DatabaseModule,
    global: isGlobal,
    imports: [core],
    providers: databaseProviders(names),
    exports: databaseTokens(names),
  };
}
