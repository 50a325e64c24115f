// Ours, through its public door: a Nest application context with one database, default configuration but for what a
// case names. A key that this build does not know makes the contestant unavailable, not the run fail.
import { NestFactory } from '@nestjs/core';
import { ConfigInvalidError, DatabaseModule, getDatabaseToken, type Database } from '@hydrogen/database';
import { NotAvailable, type Driver, type DriverOptions } from './driver.js';

export async function hydrogenDriver({ url, max, databases = {}, connection = {} }: DriverOptions): Promise<Driver> {
  const config = { ...databases, Connections: { Bench: { ...connection, Url: url, MaxConnections: max } } };
  const context = await NestFactory.createApplicationContext(DatabaseModule.forRoot({ config, env: {} }), {
    logger: false,
    abortOnError: false,
  }).catch((error: unknown) => {
    const keys = unknownKeys(error);
    if (keys.length > 0) throw new NotAvailable(`${keys.join(', ')}: not available in this build`);
    throw error;
  });
  const db = context.get<Database>(getDatabaseToken('Bench'));
  return {
    rows: async (query, params) => (await db.query(query.text, params)).rows,
    transaction: (fn) => db.transaction((tx) => fn(async (query, params) => (await tx.query(query.text, params)).rows)),
    async cycle() {
      await (await db.acquire()).release();
    },
    ours: db,
    close: () => context.close(),
  };
}

/** Empty when anything else is wrong as well: that is a failure. */
function unknownKeys(error: unknown): string[] {
  if (!(error instanceof ConfigInvalidError)) return [];
  const { issues } = error;
  return issues.every(({ message }) => message.startsWith('unknown key'))
    ? issues.map(({ path }) => path.slice(path.lastIndexOf('.') + 1))
    : [];
}
