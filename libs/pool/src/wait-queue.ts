// Waiters in order of arrival (FIFO). Any of them leaves in O(1): a thousand cancels must not cost a million steps.
// It only keeps order; who is served, when and with what is decided elsewhere.
import type { Waiter } from './waiter.js';

export class WaitQueue<T extends object> {
  #first: Waiter<T> | undefined;
  #last: Waiter<T> | undefined;
  #size = 0;
  #exclusive = 0;

  get first(): Waiter<T> | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  /** Waiters for a lease of their own; the others want a standing one. */
  get exclusive(): number {
    return this.#exclusive;
  }

  add(waiter: Waiter<T>): void {
    waiter.queued = true;
    waiter.previous = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.count(waiter, 1);
  }

  /** False if it was not queued any more. */
  remove(waiter: Waiter<T>): boolean {
    if (!waiter.queued) return false;
    waiter.queued = false;
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = waiter.next = undefined;
    this.count(waiter, -1);
    return true;
  }

  /** The waiter with `index` others before it. */
  at(index: number): Waiter<T> | undefined {
    let waiter = this.#first;
    for (let i = 0; i < index && waiter !== undefined; i++) waiter = waiter.next;
    return waiter;
  }

  refuseAll(error: () => unknown): void {
    for (let waiter = this.#first; waiter !== undefined; waiter = this.#first) {
      this.remove(waiter);
      waiter.refuse(error());
    }
  }

  private count(waiter: Waiter<T>, by: 1 | -1): void {
    this.#size += by;
    if (!waiter.standing) this.#exclusive += by;
  }
}
