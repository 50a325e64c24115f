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

  readonly optionsFactory = (database: Database) => {
    const begun = new WeakSet<Transaction>();
    /** From here on that package's host gives out `tx`. */
    const running = (fn: Body, setTx: SetTransaction) => async (tx: Transaction) => {
      begun.add(tx);
      setTx(tx);
      return fn();
    };
    const fallback = apart(database, begun);
    return {
      wrapWithTransaction: (options: TransactionOptions | undefined, fn: Body, setTx: SetTransaction) =>
        database.transaction(running(fn, setTx), { ...options, propagation: 'REQUIRES_NEW' }),
      wrapWithNestedTransaction: (
        options: TransactionOptions | undefined,
        fn: Body,
        setTx: SetTransaction,
        tx: Transaction,
      ) => tx.transaction(running(fn, setTx), options),
      getFallbackInstance: (): Transaction => fallback,
    };
  };
}

/**
 * The database, whose calls stand outside of what that package has begun: it gives this out inside of a transaction only to those
 * who asked for none (NotSupported), and there our own async context would still lead them into it.
 */
function apart(database: Database, begun: WeakSet<Transaction>): Database {
  return new Proxy(database, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const call = (): unknown => Reflect.apply(value, target, args);
        const { running } = target;
        return running !== undefined && begun.has(running) ? target.outside(call) : call();
      };
    },
  });
}
