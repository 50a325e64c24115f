// A Nest module over any `Databases` block, with its log captured: for tests of what is configured wrongly as well.
import { Test, type TestingModule } from '@nestjs/testing';
import type { ModuleMetadata } from '@nestjs/common';
import { DatabaseManager, DatabaseModule, type HostLookup } from '@hydrogen/database';
import type { DatabasesConfig } from '@hydrogen/config';
import { CapturedLog } from './captured-log.js';

export interface OpenDatabases {
  readonly module: TestingModule;
  readonly manager: DatabaseManager;
  readonly log: CapturedLog;
}

export interface OpenOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly metadata?: ModuleMetadata;
  readonly log?: CapturedLog;
  /** In the place of the system's resolver. */
  readonly lookup?: HostLookup;
}

/** Compiled, not started: `module.init()` is the start that may fail. */
export async function compileDatabases(config: DatabasesConfig, options: OpenOptions = {}): Promise<OpenDatabases> {
  const { env = {}, metadata = {}, log = new CapturedLog(), lookup } = options;
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [DatabaseModule.forRoot({ config, env, ...(lookup ? { lookup } : {}) }), ...(metadata.imports ?? [])],
  })
    .setLogger(log)
    .compile();
  return { module, manager: module.get(DatabaseManager), log };
}
