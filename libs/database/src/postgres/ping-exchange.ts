// A flight of nothing but its Sync: one round trip, no statement, no snapshot.
import { NO_LIMITS } from '../connection/connection.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { ExchangeOwner } from './exchange-owner.js';
import { StatementExchange } from './statement-exchange.js';

export class PingExchange extends StatementExchange {
  #done: ((error?: DatabaseError) => void) | undefined;

  constructor(owner: ExchangeOwner<StatementExchange>, done: (error?: DatabaseError) => void) {
    super(owner, [], NO_LIMITS, false);
    this.#done = done;
  }

  override get settled(): boolean {
    return this.#done === undefined;
  }

  override get columns(): undefined {
    return undefined;
  }

  override settle(): void {
    this.#finish();
  }

  override abandon(error: DatabaseError): void {
    this.#finish(error);
  }

  #finish(error?: DatabaseError): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error);
  }
}
