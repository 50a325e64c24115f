// postgres.js, which pipelines and prepares by itself. `unsafe` with `prepare` is its template without the template.
import postgres from 'postgres';
import type { Driver, DriverOptions, Run, Row } from './driver.js';

const CURSOR_ROWS = 1000;

export function postgresJsDriver({ url, max }: DriverOptions): Driver {
  const sql = postgres(url, { max });
  const on =
    (target: postgres.Sql | postgres.TransactionSql): Run =>
    (query, params) =>
      target.unsafe<Row[]>(query.text, params as postgres.ParameterOrJSON<never>[], { prepare: true });
  return {
    rows: on(sql),
    async transaction(fn) {
      await sql.begin((tx) => fn(on(tx)));
    },
    async cycle() {
      (await sql.reserve()).release();
    },
    async *stream(query, params) {
      const pending = sql.unsafe<Row[]>(query.text, params as postgres.ParameterOrJSON<never>[], { prepare: true });
      for await (const rows of pending.cursor(CURSOR_ROWS)) yield* rows;
    },
    close: () => sql.end(),
  };
}
