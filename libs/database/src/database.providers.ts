// The providers behind the tokens. Nest reads a dynamic module's arrays after it has scanned all modules; ours make up
// their members then, so that names asked for by classes declared later are among them.
import type { FactoryProvider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DatabaseManager } from './database-manager.js';
import type { Database } from './database.js';
import { getDatabaseToken, recordedNames } from './decorators/database-tokens.js';
import { findConsumer } from './find-consumer.js';

/** @param configured names known already; with forRootAsync none is */
export function databaseProviders(configured: readonly string[]): FactoryProvider[] {
  return lateArray(() => names(configured).map(databaseProvider));
}

export function databaseTokens(configured: readonly string[]): string[] {
  return lateArray(() => names(configured).map(getDatabaseToken));
}

function names(configured: readonly string[]): string[] {
  return [...new Set([...configured, ...recordedNames()])];
}

function databaseProvider(name: string): FactoryProvider<Database | null> {
  const token = getDatabaseToken(name);
  return {
    provide: token,
    inject: [DatabaseManager, ModulesContainer],
    useFactory: (manager: DatabaseManager, modules: ModulesContainer) => {
      if (manager.has(name)) return manager.get(name);
      // The record is the process's: the name may belong to another application. Only a consumer of ours is an error.
      const consumer = findConsumer(modules, token);
      if (consumer) throw manager.unknown(name, ` (injected in ${consumer})`);
      return null;
    },
  };
}

/** An array whose members are computed whenever it is iterated. */
function lateArray<T>(members: () => T[]): T[] {
  return Object.defineProperty([] as T[], Symbol.iterator, { value: () => members()[Symbol.iterator]() });
}
