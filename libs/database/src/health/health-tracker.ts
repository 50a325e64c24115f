// When a database counts as up, degraded or down: a few failed probes are a blink, not an outage, and one good probe is
// not yet a recovery. A table of moves and no I/O.

export type HealthStatus = 'up' | 'degraded' | 'down';

/** Failed probes in a row until down. */
const DOWN_AFTER = 3;
/** Good probes in a row until up again. */
const UP_AFTER = 2;

export class HealthTracker {
  #status: HealthStatus | undefined;
  #good = 0;
  #failed = 0;

  /** undefined = nothing is known yet. */
  get status(): HealthStatus | undefined {
    return this.#status;
  }

  /** Has it been up at any time? */
  hasBeenUp = false;

  /** True while probes must go on by themselves: between up and down, and down. */
  get unsettled(): boolean {
    return this.#status === 'degraded' || this.#status === 'down';
  }

  good(): HealthStatus {
    this.#failed = 0;
    this.#good++;
    // The second proof is for a recovery; a database that has never been up has nothing to recover from.
    if (this.#status !== 'down' || !this.hasBeenUp || this.#good >= UP_AFTER) this.#status = 'up';
    this.hasBeenUp ||= this.#status === 'up';
    return this.#status;
  }

  failed(): HealthStatus {
    this.#good = 0;
    this.#failed++;
    // Before it has ever been up there is no service to protect from a blink.
    this.#status = !this.hasBeenUp || this.#failed >= DOWN_AFTER || this.#status === 'down' ? 'down' : 'degraded';
    return this.#status;
  }
}
