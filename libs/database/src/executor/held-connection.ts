// A connection that somebody holds for more than one statement: what a lease and a transaction have in common. It runs
// their statements in order and is given back once, when nothing of theirs is on its way any more.
import type { Lease } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { CollectedRows } from './collect-rows.js';
import type { Budget } from './budget.js';
import type { Statement } from '../query/statement.js';
import { deferred } from '../connection/deferred.js';
import { databaseError } from '../errors/database.error.js';
import { releasedError } from './pool-errors.js';
import { runStatement, type StatementRules } from './statement-run.js';

export class HeldConnection {
  readonly #lease: Lease<Connection>;
  readonly #warn: (message: string) => void;
  /** Settles when everything before has left the connection: each statement waits for its turn here. */
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #usable = true;
  #released: Promise<void> | undefined;

  constructor(
    readonly database: string,
    lease: Lease<Connection>,
    warn: (message: string) => void,
  ) {
    this.#lease = lease;
    this.#warn = warn;
  }

  /**
   * Statements run in the order of the calls. One whose time is over before its turn was never sent: nothing is in doubt.
   * @param harmless see runStatement @throws DB_RELEASED, DB_CLOSING, DB_CONNECTION_LOST
   */
  async run(statement: Statement, budget: Budget, rules: StatementRules, harmless: boolean): Promise<CollectedRows> {
    if (this.#released) throw releasedError(this.database);
    const before = this.#tail;
    const left = deferred<void>();
    this.#tail = left.promise;
    this.#waiting++;
    // One that never starts leaves when those before it have left.
    let leaving: Promise<void> = before;
    try {
      if (this.#waiting > 1) await untilTurn(before, budget);
      const { result, freed } = runStatement(this.#resource(), statement, budget, rules, harmless);
      leaving = freed.then((usable) => void (this.#usable &&= usable));
      return await result;
    } finally {
      void leaving.then(() => {
        this.#waiting--;
        left.resolve();
      });
    }
  }

  /** Waits for what was sent (each statement has its own deadline), then gives back or gives up. Idempotent. */
  release(): Promise<void> {
    return (this.#released ??= this.#giveBack());
  }

  async #giveBack(): Promise<void> {
    await this.#tail;
    if (!this.#usable) return this.#lease.discard('broken');
    if (this.#inTransaction()) {
      this.#warn(`${this.database}: given back inside an open transaction, which is rolled back`);
    }
    await this.#lease.release();
  }

  /** False as well when the pool has taken the connection back meanwhile, at its shutdown. */
  #inTransaction(): boolean {
    try {
      return this.#lease.resource.transactionStatus !== 'I';
    } catch {
      return false;
    }
  }

  #resource(): Connection {
    const { database } = this;
    if (!this.#usable) {
      const message = `${database}: the connection was lost, or did not answer a cancel; take a new one`;
      throw databaseError({ code: 'DB_CONNECTION_LOST', message, database });
    }
    try {
      return this.#lease.resource;
    } catch {
      // Not by us: the pool takes connections back when its shutdown has waited long enough.
      throw databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database });
    }
  }
}

function untilTurn(before: Promise<void>, budget: Budget): Promise<void> {
  return new Promise((resolve, reject) => {
    const callOff = budget.onEnd('acquire', reject);
    void before.then(() => {
      callOff();
      resolve();
    });
  });
}
