// pg.Pool as most services use it.
import pg from 'pg';
import { modesOf, type DriverOptions, type FaultDriver, type Run } from './driver.js';

const TIMEOUT_MS = 2_000;

const on =
  (target: pg.Pool | pg.PoolClient): Run =>
  async (sql, params = []) =>
    (await target.query<Record<string, unknown>>(sql, [...params])).rows;

export function pgDriver(options: DriverOptions): FaultDriver {
  const { host, port, database, user, password, max, timeouts = false, listener = true } = options;
  const pool = new pg.Pool({
    host,
    port,
    database,
    user,
    password,
    max,
    ...(timeouts ? { query_timeout: TIMEOUT_MS, connectionTimeoutMillis: TIMEOUT_MS } : {}),
  });
  if (listener) pool.on('error', () => {});
  const acquire = async (): Promise<{ query: Run; release: () => Promise<void> }> => {
    const client = await pool.connect();
    return { query: on(client), release: async () => client.release() };
  };
  const lease = async <T>(fn: (run: Run) => Promise<T>): Promise<T> => {
    const { query, release } = await acquire();
    try {
      return await fn(query);
    } finally {
      await release();
    }
  };
  return {
    query: on(pool),
    write: on(pool),
    transaction: (fn, modes) =>
      lease(async (run) => {
        await run(`BEGIN ${modesOf(modes)}`);
        try {
          const result = await fn(run);
          await run('COMMIT');
          return result;
        } catch (error) {
          await run('ROLLBACK').catch(() => {}); // the first error tells more
          throw error;
        }
      }),
    lease,
    acquire,
    end: () => pool.end(),
  };
}
