// The `Transactions` block of a connection: what applies to all transactions whose call does not say otherwise.
import { Choice, Flag, Integer } from './key-decorators.js';

export type AmbientMode = 'join' | 'refuse' | 'separate';

export class TransactionsSettings {
  /**
   * What a call on the database does inside of its own running transaction: `join` it, `refuse` (DB_TX_PROPAGATION: use `tx`), or
   * go its own way on a `separate` connection. Default `join`.
   */
  @Choice(['join', 'refuse', 'separate'])
  readonly Ambient: AmbientMode = 'join';

  /**
   * How often a transaction's function is run again after what the server undid: 40001, 40P01, a connection lost before COMMIT.
   * 0 = never. Default 5; 0 to 100.
   */
  @Integer(0, 100)
  readonly Retries: number = 5;

  /** Report HTTP requests that are made inside of a transaction, with the place where it was begun. Default false. */
  @Flag()
  readonly WarnExternalIo: boolean = false;
}
