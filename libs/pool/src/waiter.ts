// One borrower in the queue: a promise that ends exactly once, its deadline, and the signal that may end it.
// It knows nothing of the queue; who ends it removes it there first.
import type { AcquireOptions } from './acquire-options.js';
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
  #onAbort: (() => void) | undefined;

  constructor(
    readonly options: AcquireOptions,
    readonly since: number,
    readonly deadline: number,
  ) {
    this.standing = options.onWanted !== undefined;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** What its signal does; undone when the wait ends. */
  watch(signal: AbortSignal, onAbort: () => void): void {
    this.#onAbort = onAbort;
    signal.addEventListener('abort', onAbort, { once: true });
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
    if (this.#onAbort !== undefined) this.options.signal?.removeEventListener('abort', this.#onAbort);
  }
}
