// One borrower in the queue: a promise that ends exactly once, and the timer and signal that may end it.
// It knows nothing of the queue; who ends it removes it there first.
import type { AcquireOptions } from './acquire-options.js';
import type { Timer } from './clock.js';
import type { Lease } from './lease.js';

export class Waiter<T extends object> {
  /** Links of the wait queue. */
  previous: Waiter<T> | undefined = undefined;
  next: Waiter<T> | undefined = undefined;
  queued = false;

  readonly promise: Promise<Lease<T>>;
  readonly standing: boolean;
  #resolve!: (lease: Lease<T>) => void;
  #reject!: (error: unknown) => void;
  #timer: Timer | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    readonly options: AcquireOptions,
    readonly since: number,
  ) {
    this.standing = options.onWanted !== undefined;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** What may end the wait from outside; both are undone when it ends. */
  watch(timer: Timer, onAbort: () => void): void {
    this.#timer = timer;
    if (this.options.signal === undefined) return;
    this.#onAbort = onAbort;
    this.options.signal.addEventListener('abort', onAbort, { once: true });
  }

  grant(lease: Lease<T>): void {
    this.unwatch();
    this.#resolve(lease);
  }

  refuse(error: unknown): void {
    this.unwatch();
    this.#reject(error);
  }

  private unwatch(): void {
    this.#timer?.cancel();
    if (this.#onAbort !== undefined) this.options.signal?.removeEventListener('abort', this.#onAbort);
  }
}
