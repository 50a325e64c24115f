// What a caller gets back.

export interface FieldInfo {
  readonly name: string;
  /** OID of the table, 0 when the column is computed. */
  readonly tableOid: number;
  readonly column: number;
  readonly typeOid: number;
  readonly typeModifier: number;
}

/** Milliseconds of the steps of one call. */
export interface Timings {
  /** Until a connection was there, waiting and connecting together. */
  readonly acquireMs: number;
  readonly executeMs: number;
  readonly totalMs: number;
}

export type Row = Record<string, unknown>;

export interface QueryResult<T = Row> {
  /** Plain objects. Of columns of one name the last wins, as in node-postgres. */
  readonly rows: T[];
  /** Rows returned or affected; null for commands that count none. */
  readonly rowCount: number | null;
  readonly fields: readonly FieldInfo[];
  /** The command's word: `SELECT`, `INSERT`, `CREATE TABLE` … */
  readonly command: string;
  readonly timings: Timings;
}
