// Finds attempts that take too long while somebody waits, so that a second one may be made: a lost SYN costs half a second then,
// not a whole timeout. Each attempt is hedged once and a hedge never, or a slow far side would be stormed. It opens nothing.
import type { Clock, Timer } from './clock.js';
import type { PoolEntry } from './pool-entry.js';

export class ConnectHedge<T extends object> {
  /** Attempts that may yet be hedged, oldest first. */
  readonly #attempts = new Set<PoolEntry<T>>();
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly afterMs: number,
    private readonly wake: () => void,
  ) {}

  began(entry: PoolEntry<T>): void {
    if (this.afterMs > 0) this.#attempts.add(entry);
  }

  /** It ended, or has its hedge. */
  done(entry: PoolEntry<T>): void {
    this.#attempts.delete(entry);
  }

  /** The oldest attempt that is overdue. */
  due(): PoolEntry<T> | undefined {
    if (this.#attempts.size === 0) return undefined;
    const [oldest] = this.#attempts;
    return oldest !== undefined && this.clock.now() - oldest.bornAt >= this.afterMs ? oldest : undefined;
  }

  /** Wakes when the next attempt is overdue; one that is so already had its chance, and has it again at every dispatch. */
  arm(waiting: boolean): void {
    if (!waiting || this.#attempts.size === 0) return this.stop();
    if (this.#timer !== undefined) return;
    const [oldest] = this.#attempts;
    if (oldest === undefined) return;
    const ms = oldest.bornAt + this.afterMs - this.clock.now();
    if (ms <= 0) return;
    const fire = (): void => {
      this.#timer = undefined;
      this.wake();
    };
    this.#timer = this.clock.setTimer(ms, fire, { unref: true });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
