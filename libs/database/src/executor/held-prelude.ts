// What travels in front of a held connection's next statement, in the same flight: BEGIN, and another statement_timeout where the
// statement asks for one. It knows what of that the server has at this moment.
import type { TransactionStatus } from '../connection/connection.js';
import type { Statement } from '../query/statement.js';
import { settingsPrelude, withPrelude } from './run-options.js';
import type { AnyCall } from './statement-call.js';

export class HeldPrelude {
  /** BEGIN, until a statement has taken it along. */
  #opening: Statement | undefined;
  #opener: { readonly call: AnyCall; readonly statement: Statement } | undefined;
  /** The server's statement_timeout inside this transaction; undefined = unknown. */
  #timeoutMs: number | undefined;
  #timeoutChanged = false;

  /** @param timeoutMs the session's */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  openWith(statement: Statement): void {
    this.#opening = statement;
  }

  /** The opening statement has been taken along, or there was none. */
  get opened(): boolean {
    return this.#opening === undefined;
  }

  addTo(call: AnyCall): void {
    const prelude: Statement[] = [];
    if (this.#opening !== undefined) {
      prelude.push(this.#opening);
      this.#opener = { call, statement: this.#opening };
      this.#opening = undefined;
    }
    const wanted = call.transactionTimeoutMs;
    if (wanted !== undefined && wanted !== this.#timeoutMs) {
      prelude.push(settingsPrelude({ statement_timeout: String(wanted) }));
      this.#timeoutMs = wanted;
      this.#timeoutChanged = true;
    }
    if (prelude.length > 0) call.options = withPrelude(call.options, prelude);
  }

  left(call: AnyCall, status: TransactionStatus | undefined): void {
    if (this.#opener?.call === call) {
      // It was dropped before it was sent, BEGIN with it: what comes next must not run outside of the transaction.
      if (status === 'I') this.#opening = this.#opener.statement;
      this.#opener = undefined;
    }
    // An error takes back what was set since the savepoint, or since BEGIN.
    if (status !== 'T') this.undone();
  }

  /** Something has been rolled back, and with it what was set in it. */
  undone(): void {
    if (this.#timeoutChanged) this.#timeoutMs = undefined;
  }
}
