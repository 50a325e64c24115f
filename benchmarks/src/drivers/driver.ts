// What every contestant must be able to do, in the words of none of them. A driver adds nothing to what its library does.
// Whatever a library cannot do is not there, or throws `NotAvailable`.

export type Row = Record<string, unknown>;

export interface Query {
  /** Of the prepared statement, for libraries that want one. */
  readonly name: string;
  readonly text: string;
}

export type Run = (query: Query, params: readonly unknown[]) => Promise<readonly Row[]>;

export interface Driver {
  readonly rows: Run;
  /** BEGIN, what `fn` runs, COMMIT. */
  transaction(fn: (run: Run) => Promise<void>): Promise<void>;
  /** A connection taken from the pool and given back. */
  cycle(): Promise<void>;
  /** Row by row, without holding the result. */
  stream?(query: Query, params: readonly unknown[]): AsyncIterable<Row>;
  /** The promised methods of ours; only the driver of ours has it. */
  readonly ours?: OurDatabase;
  close(): Promise<void>;
}

export interface OurColumn {
  readonly name: string;
  readonly values: ArrayLike<unknown>;
  readonly nulls?: Uint8Array;
  readonly lazy?: true;
}

export interface OurColumns {
  readonly columns: readonly OurColumn[];
  readonly rowCount: number;
}

export interface OurBytes {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly rowCount: Promise<number>;
}

export type OurStatement = string | readonly [string, readonly unknown[]];

/** What a build may have or not have: asked for at run time, so that the suite runs on any of them. */
export interface OurDatabase {
  columns?(sql: string, params?: readonly unknown[]): Promise<OurColumns>;
  json?(sql: string, params?: readonly unknown[]): Promise<OurBytes>;
  stream?(sql: string, params?: readonly unknown[]): AsyncIterable<Row>;
  batch?(statements: readonly OurStatement[]): Promise<readonly unknown[]>;
}

/** The library, or this build of it, cannot do it. No failure: the contestant is left out and the reason is told. */
export class NotAvailable extends Error {}

export interface DriverOptions {
  readonly url: string;
  /** Connections. */
  readonly max: number;
  /** Keys beside the default configuration of ours: of the `Databases` block, and of its connection. */
  readonly databases?: Readonly<Record<string, unknown>>;
  readonly connection?: Readonly<Record<string, unknown>>;
}
