// What a caller may say about one call.

export interface QueryOptions {
  /**
   * Budget of the whole way (waiting, connecting, running), milliseconds. Default: AcquireTimeoutMs + StatementTimeoutMs.
   * At its end the call rejects with `DB_DEADLINE` and the statement is cancelled at the server.
   */
  readonly timeoutMs?: number;
  /** Aborting it rejects the call with `DB_CANCELLED` (its reason as `cause`) and cancels the statement at the server. */
  readonly signal?: AbortSignal;
  /** Rows after which the call rejects with `DB_RESULT_TOO_LARGE`; 0 = no limit. Default: Results.MaxRows. */
  readonly maxRows?: number;
  /**
   * The caller's word that the statement writes nothing: a lost connection is then not `inDoubt`, and outside a transaction
   * the statement is run again on another one (see `idempotent`). Default false.
   */
  readonly readOnly?: boolean;
  /**
   * The caller's word that doing it twice is as good as doing it once (an upsert by key, a DELETE by id): when its connection is
   * lost it is run again on another one, at most three times, within its deadline and the retry budget (a tenth of all
   * calls). Ignored inside a transaction and on a lease. Default false.
   */
  readonly idempotent?: boolean;
  /** Class of the work, a hint: `slow` never shares a connection and counts against Lanes.SlowMax. Default: by measured cost. */
  readonly lane?: Lane;
  /** This autocommit INSERT, UPDATE, DELETE or MERGE may share a connection with others'. Default: the key PipelineWrites. */
  readonly pipeline?: boolean;
}

export type Lane = 'fast' | 'medium' | 'slow' | 'cache';

export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

export interface TransactionOptions {
  /** Default: the server's (`default_transaction_isolation`). */
  readonly isolation?: IsolationLevel;
  readonly readOnly?: boolean;
  /** With serializable and readOnly: wait for a safe snapshot. */
  readonly deferrable?: boolean;
  /** Budget from the call to the end of COMMIT, milliseconds. Default: TransactionTimeoutMs. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
