// What callers do wrong with leases and transactions, in the log, each with the stack of whoever took the connection.
// One place of a program that does it in every request is told first, then rarely (rate-limit.ts).
import type { Clock } from '@hydrogen/pool';
import { PlaceLimits } from './place-limits.js';
import type { ReportLog } from './report-log.js';

export class LeaseReports {
  readonly #places = new PlaceLimits();

  constructor(
    private readonly database: string,
    private readonly clock: Clock,
    private readonly out: ReportLog,
  ) {}

  leaked(heldMs: number, stack?: string): void {
    const times = this.#times('leaked', stack);
    if (times === undefined) return;
    this.out.warn(`${this.database}: a lease is held for ${Math.round(heldMs)} ms (LeakThresholdMs)${times}`);
  }

  leakReturned(heldMs: number): void {
    this.out.warn(`${this.database}: the reported lease came back after ${Math.round(heldMs)} ms`);
  }

  reclaimed(heldMs: number, stack?: string): void {
    const times = this.#times('reclaimed', stack);
    if (times === undefined) return;
    this.out.warn(
      `${this.database}: a lease was dropped without release() after ${Math.round(heldMs)} ms; its connection is closed${times}`,
    );
  }

  forgotten(stack?: string): void {
    const times = this.#times('forgotten', stack);
    if (times === undefined) return;
    this.out.warn(
      `${this.database}: a lease was not given back by the end of the request that acquired it, and was taken back${times}`,
    );
  }

  doubleRelease(stack?: string): void {
    const times = this.#times('double', stack);
    if (times !== undefined) this.out.warn(`${this.database}: a lease was released twice${times}`);
  }

  dirtyRelease(stack?: string): void {
    const times = this.#times('dirty', stack);
    if (times === undefined) return;
    this.out.warn(`${this.database}: given back inside an open transaction, which is rolled back${times}`);
  }

  /** @param sqlState 25P03 (idle in a transaction) or 25P04 (transaction_timeout) */
  endedByServer(sqlState: string, stack?: string): void {
    const times = this.#times('ended', stack);
    if (times === undefined) return;
    const limit = sqlState === '25P03' ? 'IdleInTransactionTimeoutMs' : 'transaction_timeout';
    this.out.warn(
      `${this.database}: the server ended a session for its open transaction (${limit}, ${sqlState})${times}`,
    );
  }

  longTransaction(ageMs: number, limitMs: number, stack?: string): void {
    const times = this.#times('long', stack);
    if (times === undefined) return;
    this.out.warn(
      `${this.database}: a transaction is open for ${Math.round(ageMs)} ms, half of its ${Math.round(limitMs)} ms${times}`,
    );
  }

  externalIo(target: string, stack?: string): void {
    const times = this.#times(`request to ${target}`, stack);
    if (times === undefined) return;
    this.out.warn(
      `${this.database}: a request to ${target} inside of a transaction, which holds its connection and its locks meanwhile${times}`,
    );
  }

  /** What to put behind the line; undefined = it is not to be said. */
  #times(what: string, stack: string | undefined): string | undefined {
    const count = this.#places.admits(what, stack, this.clock.now());
    if (count === undefined) return undefined;
    return `${count > 1 ? ` (${count} times from there)` : ''}${stack ? `\n${stack}` : ''}`;
  }
}
