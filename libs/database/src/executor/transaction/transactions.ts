// The transactions of one database: which way a call of `transaction()` takes, one run of the whole, and the runs after what the
// server undid.
import type { TransactionOptions } from '../../query/query-options.js';
import { DatabaseError, databaseError } from '../../errors/database.error.js';
import { ambientOf, type Ambient } from '../../scope/ambient.js';
import { currentScope, within } from '../../scope/call-scope.js';
import type { Budget } from '../budget.js';
import type { CallContext } from '../call-context.js';
import type { Holder } from '../holder.js';
import { beginText } from './begin-text.js';
import type { CommitSettler } from './commit-settler.js';
import { CommitWitness } from './commit-witness.js';
import { callHooks, type HookPlace } from './call-hooks.js';
import { Level, type Hook } from './level.js';
import { PooledTransaction, type Transaction } from './pooled-transaction.js';
import { wayOf } from './propagation.js';
import { pauseBefore, runsAgain } from './transaction-retry.js';
import { TransactionSession } from './transaction-session.js';

export interface TransactionHost {
  readonly context: CallContext;
  readonly settler: CommitSettler;
  readonly warn: (message: string) => void;
  /** Runs again after what the server undid, where the call does not say. */
  readonly retries: number;
  readonly holder: Holder;
}

/** What a run came to, beside its error. */
interface Fate {
  /** Its question for the transaction's id was refused, and undid a statement. */
  refused: boolean;
}

type Body<R> = (tx: Transaction) => Promise<R>;

export class Transactions {
  /** The server, or its roles, do not let a transaction's id be asked for: once it is known, nobody asks any more. */
  #unwitnessed = false;
  readonly #running = new Set<PooledTransaction>();

  constructor(private readonly host: TransactionHost) {}

  /** The transaction that the running code stands in. */
  get current(): PooledTransaction | undefined {
    return this.#ambient()?.transaction as PooledTransaction | undefined;
  }

  /** May throw at once. @param without what `fn` is given where there is no transaction */
  run<R>(fn: Body<R>, options: TransactionOptions, without?: Transaction): Promise<R> {
    const { current } = this;
    switch (wayOf(options.propagation ?? 'REQUIRED', current !== undefined)) {
      case 'join':
        return this.#join(current as PooledTransaction, fn, options);
      case 'nest':
        this.#mustFit(current as PooledTransaction, options);
        return (current as PooledTransaction).transaction(fn, options);
      case 'begin':
        return this.#begin(fn, options);
      case 'without':
        return this.outside(() => fn(without as Transaction));
    }
  }

  /** Runs `fn` as if no transaction of this database were running. */
  outside<R>(fn: () => R): R {
    const outer = currentScope()?.ambient;
    return within({ ambient: { owner: this, transaction: undefined, outer } }, fn);
  }

  /** The pool has taken all connections back: whoever is between two statements has not heard of it. */
  cut(): void {
    const { database } = this.host.context;
    for (const each of this.#running) {
      each.cut(databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database }));
    }
  }

  /** Where there is no transaction there is nothing to wait for. */
  hookAtOnce(hook: Hook): void {
    void callHooks([hook], 'afterCommit', this.#hookPlace);
  }

  get #hookPlace(): HookPlace {
    return { database: this.host.context.database, warn: this.host.warn };
  }

  #ambient(): Ambient | undefined {
    return ambientOf(this, currentScope()?.ambient);
  }

  #join<R>(current: PooledTransaction, fn: Body<R>, options: TransactionOptions): Promise<R> {
    this.#mustFit(current, options);
    return current.runJoined(fn, options);
  }

  /** It is as it was begun; to pass over in silence what the caller relies on would be worse than an error. */
  #mustFit(current: PooledTransaction, { isolation, readOnly }: TransactionOptions): void {
    const { parts } = current.session;
    const wrong =
      isolation !== undefined && isolation !== parts.isolation
        ? `isolation ${isolation}, and the running one has ${parts.isolation ?? "the server's default"}`
        : readOnly === false && parts.readOnly
          ? 'readOnly false, and the running one is read-only'
          : undefined;
    if (wrong === undefined) return;
    const { database } = this.host.context;
    const message = `${database}: this transaction joins the running one, but asks for ${wrong}`;
    throw databaseError({ code: 'DB_TX_PROPAGATION', message, database });
  }

  /** All runs share one deadline. */
  async #begin<R>(fn: Body<R>, options: TransactionOptions): Promise<R> {
    const { context } = this.host;
    const retries = options.retries ?? this.host.retries;
    if (!Number.isInteger(retries) || retries < 0) {
      const message = `retries must be a whole number from 0, got ${String(retries)}`;
      throw databaseError({ code: 'DB_PARAMETERS', message, database: context.database });
    }
    const begin = beginText(options);
    const timeoutMs = options.timeoutMs ?? (context.limits.transactionTimeoutMs || Infinity);
    const budget = context.budget({ timeoutMs, signal: options.signal });
    // A tenth of the calls may be run again: a service that does all in transactions makes calls as well.
    context.retryBudget.calls++;
    for (let run = 1; ; run++) {
      const fate: Fate = { refused: false };
      try {
        return await this.#once(fn, options, begin, budget, fate);
      } catch (error) {
        // A question of its own that was refused undid it: it runs again without, and that is no run of the caller's.
        if (fate.refused) {
          run--;
          continue;
        }
        if (run > retries || !runsAgain(error, context, budget)) {
          if (error instanceof DatabaseError && run > 1) error.attempt = run;
          throw error;
        }
        await pauseBefore(run + 1, context.clock, budget);
      }
    }
  }

  async #once<R>(fn: Body<R>, options: TransactionOptions, begin: string, budget: Budget, fate: Fate): Promise<R> {
    const { context, settler, warn } = this.host;
    const { readOnly = false, isolation, settle = true } = options;
    const level = new Level();
    let tx: PooledTransaction | undefined;
    let session: TransactionSession | undefined;
    try {
      const result = await this.host.holder.transaction(budget, async (held) => {
        const connection = held.connection;
        const off = readOnly || !settle || this.#unwitnessed || connection === undefined;
        const witness = new CommitWitness(connection as NonNullable<typeof connection>, off);
        held.watchCommit(witness);
        const parts = { owner: this, context, held, witness, settler, readOnly, isolation, warn };
        session = new TransactionSession(parts);
        tx = new PooledTransaction(session, budget, level);
        this.#running.add(tx);
        try {
          return await tx.runWhole(fn, begin);
        } finally {
          this.#running.delete(tx);
          fate.refused = witness.refused;
          if (witness.refused) this.#withoutWitness();
        }
      });
      if (session?.unsettled === true) await session.settle(budget);
      const hooks = level.committed();
      if (hooks.length > 0) await callHooks(hooks, 'afterCommit', this.#hookPlace);
      return result;
    } catch (error) {
      // Its COMMIT may have been done: nobody may act as if it were undone. What else is in doubt in `fn` says nothing of it.
      if (session?.inDoubt !== true) await callHooks(level.rolledBack(), 'afterRollback', this.#hookPlace);
      throw error;
    }
  }

  #withoutWitness(): void {
    if (this.#unwitnessed) return;
    this.#unwitnessed = true;
    const { database } = this.host.context;
    this.host.warn(
      `${database}: the id of a transaction cannot be asked for (EXECUTE on pg_control_system and pg_walfile_name); a COMMIT whose answer is lost stays unknown`,
    );
  }
}
