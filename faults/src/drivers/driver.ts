// What a scenario asks of a library, in the words of none of them. A driver adds no retry, no timeout and no care of its own:
// what is measured is what the library does by itself.

export type Row = Record<string, unknown>;

export interface CallOptions {
  /** The caller's own limit; only ours has one for a call. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** The caller's word that it may be run twice: reads that are told to be reads, writes keyed by their id. */
  readonly retrySafe?: boolean;
}

export type Run = (sql: string, params?: readonly unknown[], options?: CallOptions) => Promise<readonly Row[]>;

export interface Lease {
  readonly query: Run;
  release(): Promise<void>;
}

export interface TransactionOptions {
  /** Default: the server's. */
  readonly isolation?: Isolation;
  /** The caller's word that it writes nothing. */
  readonly readOnly?: boolean;
}

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

export interface FaultDriver {
  readonly query: Run;
  readonly write: Run;
  /** BEGIN, what `fn` runs, COMMIT. */
  transaction<T>(fn: (run: Run) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Ours: what became of COMMITs whose answer was lost. */
  settled?(): { readonly committed: number; readonly aborted: number; readonly unknown: number };
  /** A connection for the time of `fn`. */
  lease<T>(fn: (run: Run) => Promise<T>): Promise<T>;
  /** A connection until `release`. */
  acquire(): Promise<Lease>;
  end(): Promise<void>;
}

export const DRIVERS = ['hydrogen', 'pg', 'postgres.js'] as const;
export type DriverName = (typeof DRIVERS)[number];

export interface DriverOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Connections. */
  readonly max: number;
  /** Threads of ours. */
  readonly workers: number;
  /** With the timeouts that rivals.md gave them, where they have any: 2 s for a query (pg) and for a connect. */
  readonly timeouts?: boolean;
  /** Keys of our connection beside the defaults. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** false: as in a service that forgot the listener for `error` on its pool. Default true. */
  readonly listener?: boolean;
  /** Ours: ShutdownTimeoutMs. */
  readonly shutdownMs?: number;
}

/** As BEGIN and its like take them; empty where none is said. */
export function modesOf({ isolation, readOnly }: TransactionOptions = {}): string {
  return [isolation && `isolation level ${isolation}`, readOnly === true ? 'read only' : ''].filter(Boolean).join(' ');
}
