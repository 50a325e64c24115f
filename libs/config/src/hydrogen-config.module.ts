// The configuration for Nest, on top of @nestjs/config: `ConfigService.get('hydrogen.Databases.Workers')`.
// It only hands over what the loader made. Nothing reaches `process.env`; secrets stay `Secret`.
import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { loadHydrogenConfig, type LoadedConfig, type LoadOptions } from './load-hydrogen-config.js';

/** Injection token of the `LoadedConfig`. Registered globally by name, so that two copies of this package agree. */
export const HYDROGEN_CONFIG: unique symbol = Symbol.for('@hydrogen/config:loaded');

export interface HydrogenConfigModuleOptions extends LoadOptions {
  /** What was loaded before; then nothing is read again. */
  readonly loaded?: LoadedConfig;
  /** Make `HYDROGEN_CONFIG` and `ConfigService` visible in every module. Default false, as in @nestjs/config. */
  readonly isGlobal?: boolean;
}

@Module({})
export class HydrogenConfigModule {
  /**
   * Loads at once and gives the module that exports `ConfigService` and `HYDROGEN_CONFIG`.
   * The promise rejects with `ConfigInvalidError`.
   */
  static forRoot(options: HydrogenConfigModuleOptions = {}): Promise<DynamicModule> {
    const module = build(options);
    // Nest awaits it later, when it scans the imports; until then a rejection would count as unhandled and end the process.
    module.catch(() => undefined);
    return module;
  }
}

async function build({ loaded, isGlobal = false, ...options }: HydrogenConfigModuleOptions): Promise<DynamicModule> {
  const ready = loaded ?? loadHydrogenConfig(options);
  const nestConfig = await ConfigModule.forRoot({
    isGlobal,
    load: [registerAs('hydrogen', () => ready.config)],
    // Without these two it copies `.env` into `process.env`, readable by every child process and every dump.
    ignoreEnvFile: true,
    validatePredefined: false,
  });
  return {
    module: HydrogenConfigModule,
    global: isGlobal,
    imports: [nestConfig],
    providers: [{ provide: HYDROGEN_CONFIG, useValue: ready }],
    exports: [HYDROGEN_CONFIG, ConfigModule],
  };
}
