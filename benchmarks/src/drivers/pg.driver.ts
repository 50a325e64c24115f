// pg.Pool, as most services use it: unnamed statements, or named ones, which are prepared once per connection.
import pg from 'pg';
import type { Driver, DriverOptions, Query, Run } from './driver.js';

export function pgDriver({ url, max }: DriverOptions, named: boolean): Driver {
  const pool = new pg.Pool({ connectionString: url, max });
  // Without a listener an idle connection's end is the process's; whoever queries next is told anyway.
  pool.on('error', () => {});
  const config = named
    ? ({ name, text }: Query, values: readonly unknown[]) => ({ name, text, values: [...values] })
    : ({ text }: Query, values: readonly unknown[]) => ({ text, values: [...values] });
  const on =
    (target: pg.Pool | pg.PoolClient): Run =>
    async (query, params) =>
      (await target.query(config(query, params))).rows;
  return {
    rows: on(pool),
    async transaction(fn) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await fn(on(client));
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
    async cycle() {
      (await pool.connect()).release();
    },
    close: () => pool.end(),
  };
}
