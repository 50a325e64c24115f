// What DatabaseModule is told.
import type {
  Abstract,
  DynamicModule,
  ForwardReference,
  InjectionToken,
  OptionalFactoryDependency,
  Type,
} from '@nestjs/common';
import type { HostLookup } from './hosts/addresses.js';
import { loadHydrogenConfig, type ConfigSource, type LoadedConfig, type Startup } from '@hydrogen/config';

export interface DatabaseModuleOptions {
  /**
   * Path of a hydrogen.json, the `Databases` block, a document that holds it, or what HydrogenConfigModule has loaded
   * (`HYDROGEN_CONFIG`). Default: the search order of docs/configuration.md.
   */
  readonly config?: ConfigSource | LoadedConfig;
  /** Values of placeholders. Default: `.env` of the working directory under the process's environment. Never written. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The databases are injectable in every module. false: only where `forFeature` brings them. Default true. */
  readonly isGlobal?: boolean;
  /** Wins over the key `Startup`. */
  readonly startup?: Startup;
  /**
   * Takes the place of Node's `dns.lookup` for the names of all databases' hosts: a resolver of your own (service discovery,
   * SRV records). Called at each connect and every `DnsRecheckMs`; what it gives is not kept.
   */
  readonly lookup?: HostLookup;
  /** How values of the server become values of JavaScript, beyond the key `Types`. */
  readonly types?: { readonly codecs?: readonly TypeCodec[] };
}

/** A codec of your own for one type. */
export interface TypeCodec {
  /** Of pg_type: 1700 is numeric. OIDs of extensions and of your own types differ from database to database. */
  readonly oid: number;
  /** From the server's text to a value; never called for NULL. Runs in the main thread. What it throws rejects the call. */
  readonly parse: (text: string) => unknown;
}

export interface DatabaseOptionsFactory {
  createDatabaseOptions(): Omit<DatabaseModuleOptions, 'isGlobal'> | Promise<Omit<DatabaseModuleOptions, 'isGlobal'>>;
}

/** One of useFactory, useClass and useExisting. `isGlobal` stands outside: Nest must know it before any factory runs. */
export interface DatabaseModuleAsyncOptions {
  readonly isGlobal?: boolean;
  readonly imports?: readonly (Type<unknown> | DynamicModule | Promise<DynamicModule> | ForwardReference)[];
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory?: (
    ...dependencies: never[]
  ) => Omit<DatabaseModuleOptions, 'isGlobal'> | Promise<Omit<DatabaseModuleOptions, 'isGlobal'>>;
  readonly useClass?: Type<DatabaseOptionsFactory>;
  readonly useExisting?: Type<DatabaseOptionsFactory> | Abstract<DatabaseOptionsFactory> | string | symbol;
}

/** @internal The options as they were given, before the configuration is loaded. */
export const DATABASE_OPTIONS = Symbol('hydrogen:database-options');

/** @internal @throws ConfigInvalidError */
export function loadedConfig({ config, env }: DatabaseModuleOptions): LoadedConfig {
  return isLoaded(config) ? config : loadHydrogenConfig({ config, env });
}

function isLoaded(config: DatabaseModuleOptions['config']): config is LoadedConfig {
  return typeof config === 'object' && 'report' in config && typeof config.report === 'function';
}
