// A method in a transaction, whoever calls it. The database is injected into the class that has the method, so the name is
// checked when the module is built, as with @InjectDatabase.
import { Inject } from '@nestjs/common';
import type { Database } from '../database.js';
import { databaseError } from '../errors/database.error.js';
import type { TransactionOptions } from '../query/query-options.js';
import { getDatabaseToken } from './database-tokens.js';
import type { DatabaseName } from './inject-database.js';

export interface TransactionalOptions extends TransactionOptions {
  /** Which database: one. Two databases are two transactions, which no server commits together. */
  readonly db: DatabaseName;
}

type AsyncMethod = (...args: never[]) => Promise<unknown>;

/**
 * Runs the method in a transaction of the database `db`: what it calls, at whatever depth, joins it, in other services too. An
 * error that leaves the method rolls back. The method must be async, and may run more than once (`retries`).
 * @throws DB_TX_PROPAGATION, and what `Database.transaction` does
 */
export function Transactional(options: TransactionalOptions) {
  const { db, ...transaction } = options;
  const property = Symbol(`hydrogen:database:${db}`);
  return <M extends AsyncMethod>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const method = descriptor.value;
    if (method === undefined) throw misused(db, name);
    Inject(getDatabaseToken(db))(target, property);
    const wrapped = async function (this: Record<symbol, Database | undefined>, ...args: never[]): Promise<unknown> {
      const database = this[property];
      // Made by `new` and not by Nest.
      if (database === undefined) throw misused(db, name);
      return database.transaction(async () => method.apply(this, args), transaction);
    };
    Object.defineProperty(wrapped, 'name', { value: method.name, configurable: true });
    copyMetadata(method, wrapped);
    descriptor.value = wrapped as unknown as M;
  };
}

/** Routes, guards and pipes are told to Nest by metadata of the function; the order of decorators shall not matter. */
function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getOwnMetadataKeys(from)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
  }
}

function misused(db: string, name: string | symbol): Error {
  const message = `@Transactional({ db: '${db}' }) on ${String(name)}: it is for methods of classes that Nest makes`;
  return databaseError({ code: 'DB_CONFIG_INVALID', message });
}
