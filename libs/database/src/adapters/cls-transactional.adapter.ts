// For those who use @nestjs-cls/transactional: its decorators and TransactionHost on a database of ours. Shaped as that package
// asks; it is not imported, so nobody needs it who does not use it.
import type { Database } from '../database.js';
import type { Transaction } from '../executor/transaction/pooled-transaction.js';
import type { TransactionOptions } from '../query/query-options.js';
import { getDatabaseToken } from '../decorators/database-tokens.js';
import type { DatabaseName } from '../decorators/inject-database.js';

export interface ClsTransactionalAdapterOptions {
  readonly db: DatabaseName;
  /** For every transaction whose decorator does not say otherwise. */
  readonly defaultTxOptions?: TransactionOptions;
}

type SetTransaction = (tx?: Transaction) => void;
type Body = () => Promise<unknown>;

/**
 * `new ClsPluginTransactional({ imports: […], adapter: new ClsTransactionalAdapter({ db: 'OIDC' }) })`. Propagation is that
 * package's; ours begins what it asks for.
 */
export class ClsTransactionalAdapter {
  readonly connectionToken: string;
  readonly defaultTxOptions: TransactionOptions;

  constructor({ db, defaultTxOptions = {} }: ClsTransactionalAdapterOptions) {
    this.connectionToken = getDatabaseToken(db);
    this.defaultTxOptions = defaultTxOptions;
  }

  readonly optionsFactory = (database: Database) => ({
    wrapWithTransaction: (options: TransactionOptions | undefined, fn: Body, setTx: SetTransaction): Promise<unknown> =>
      database.transaction(running(fn, setTx), { ...options, propagation: 'REQUIRES_NEW' }),
    wrapWithNestedTransaction: (
      options: TransactionOptions | undefined,
      fn: Body,
      setTx: SetTransaction,
      tx: Transaction,
    ): Promise<unknown> => tx.transaction(running(fn, setTx), options),
    getFallbackInstance: (): Transaction => database,
  });
}

/** From here on that package's host gives out `tx`. */
function running(fn: Body, setTx: SetTransaction) {
  return async (tx: Transaction): Promise<unknown> => {
    setTx(tx);
    return fn();
  };
}
