// postgres.js as its README shows it, its texts as parameters of `unsafe` with `prepare`.
import postgres from 'postgres';
import {
  modesOf,
  type DriverOptions,
  type FaultDriver,
  type Row,
  type Run,
  type TransactionOptions,
} from './driver.js';

const TIMEOUT_S = 2;

const on =
  (target: postgres.Sql | postgres.TransactionSql | postgres.ReservedSql): Run =>
  async (sql, params = []) =>
    target.unsafe<Row[]>(sql, params as postgres.ParameterOrJSON<never>[], { prepare: true });

export function postgresJsDriver(options: DriverOptions): FaultDriver {
  const { host, port, database, user, password, max, timeouts = false } = options;
  const sql = postgres({
    host,
    port,
    database,
    user,
    password,
    max,
    onnotice: () => {},
    ...(timeouts ? { connect_timeout: TIMEOUT_S } : {}),
  });
  const acquire = async (): Promise<{ query: Run; release: () => Promise<void> }> => {
    const reserved = await sql.reserve();
    return { query: on(reserved), release: async () => reserved.release() };
  };
  return {
    query: on(sql),
    write: on(sql),
    transaction: async <T>(fn: (run: Run) => Promise<T>, modes?: TransactionOptions) =>
      (await sql.begin(modesOf(modes), async (tx) => fn(on(tx)))) as T,
    lease: async (fn) => {
      const { query, release } = await acquire();
      try {
        return await fn(query);
      } finally {
        await release();
      }
    },
    acquire,
    end: () => sql.end(),
  };
}
