// postgres.js, which pipelines and prepares by itself. `unsafe` with `prepare` is its template without the template.
import postgres from 'postgres';
import type { Driver, DriverOptions, Query, Row, Run } from './driver.js';

const CURSOR_ROWS = 1000;

type Target = postgres.Sql | postgres.TransactionSql;

const ask = (target: Target, query: Query, params: readonly unknown[]) =>
  target.unsafe<Row[]>(query.text, params as postgres.ParameterOrJSON<never>[], { prepare: true });

const on =
  (target: Target): Run =>
  (query, params) =>
    ask(target, query, params);

export function postgresJsDriver({ url, max }: DriverOptions): Driver {
  const sql = postgres(url, { max });
  return {
    rows: on(sql),
    async transaction(fn) {
      await sql.begin((tx) => fn(on(tx)));
    },
    async cycle() {
      (await sql.reserve()).release();
    },
    async *stream(query, params) {
      for await (const rows of ask(sql, query, params).cursor(CURSOR_ROWS)) yield* rows;
    },
    close: () => sql.end(),
  };
}
