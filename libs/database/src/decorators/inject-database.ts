// The decorators a service uses.
import { Inject } from '@nestjs/common';
import { DatabaseManager } from '../database-manager.js';
import { getDatabaseToken } from './database-tokens.js';

/**
 * Names that `@InjectDatabase` takes. Narrow them in your service, and a wrong one is a type error:
 * `declare module '@hydrogen/database' { interface DatabaseNames { OIDC: true } }`
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- users add members by declaration merging
export interface DatabaseNames {}

export type DatabaseName = [keyof DatabaseNames] extends [never] ? string : Extract<keyof DatabaseNames, string>;

/** Injects the database of that name from the configuration. An unknown name fails when the module is built. */
export const InjectDatabase = (name: DatabaseName): PropertyDecorator & ParameterDecorator =>
  Inject(getDatabaseToken(name));

/** Injects the DatabaseManager. */
export const InjectDatabaseManager = (): PropertyDecorator & ParameterDecorator => Inject(DatabaseManager);
