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

/** What a transaction does with the one that is running already in the same async context. */
export type Propagation = 'REQUIRED' | 'REQUIRES_NEW' | 'NESTED' | 'SUPPORTS' | 'MANDATORY' | 'NEVER' | 'NOT_SUPPORTED';

export interface TransactionOptions {
  /**
   * REQUIRED joins the one that is running, or begins one. REQUIRES_NEW begins one, on another connection. NESTED makes a
   * savepoint, or begins one. SUPPORTS joins, or runs without. MANDATORY joins, or is an error. NEVER is an error inside of one.
   * NOT_SUPPORTED runs outside of it. Default REQUIRED.
   */
  readonly propagation?: Propagation;
  /** Default: the server's (`default_transaction_isolation`). Of one that joins: must not ask for more than what is running. */
  readonly isolation?: IsolationLevel;
  readonly readOnly?: boolean;
  /** With serializable and readOnly: wait for a safe snapshot. */
  readonly deferrable?: boolean;
  /** Budget from the call to the end of COMMIT, all attempts together, milliseconds. Default: TransactionTimeoutMs. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * How often the function is run again, from the beginning and with a pause, after what the server undid and another run
   * may bring: 40001, 40P01, a connection lost before COMMIT was sent, a lost COMMIT that did not happen. Default: Transactions.Retries (5);
   * 0 = never, for a function that does more than talk to this database. Of one that joins or nests: without effect.
   */
  readonly retries?: number;
  /** Ask for the transaction's id, so that a lost answer to COMMIT can be settled. Default true, unless readOnly. */
  readonly settle?: boolean;
}
