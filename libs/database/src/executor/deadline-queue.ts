// One timer for all the deadlines of a database: a timer for each call would cost more than the call. Entries lie in
// buckets of a millisecond (far ones: of four), so that adding and removing are O(1) and leave nothing behind.
// The timer never keeps the process alive: what is waited for (a socket, a place in the pool's queue) does that.
import type { Clock, Timer } from '@hydrogen/pool';

interface Bucket {
  /** On the clock; never before the deadline of one in it. */
  readonly at: number;
  first: Expiring | undefined;
}

/** Something that ends at an instant, unless it is taken out before. */
export abstract class Expiring {
  /** @internal Links of the queue. */
  bucket: Bucket | undefined = undefined;
  /** @internal */
  before: Expiring | undefined = undefined;
  /** @internal */
  after: Expiring | undefined = undefined;

  /** Its instant has come; it is out of the queue already. Must not throw. */
  abstract expire(): void;
}

const FINE_MS = 1;
/** For deadlines that are at least FAR_MS away when they are set: an eighth of the buckets, at most 4 ms late. */
const COARSE_MS = 4;
const FAR_MS = 1_000;

export class DeadlineQueue {
  /** By instant; emptied ones stay until then, so that there are never more than milliseconds in the longest timeout. */
  readonly #buckets = new Map<number, Bucket>();
  /** Binary heap by instant. */
  readonly #heap: Bucket[] = [];
  /** Calls come in bursts with one timeout: mostly it is the bucket of the call before. */
  #latest: Bucket | undefined;
  #timer: Timer | undefined;
  #armedAt = Infinity;
  #size = 0;

  constructor(readonly clock: Clock) {}

  /** Entries that wait for their instant. */
  get size(): number {
    return this.#size;
  }

  /** @param now a recent reading of the clock; only the fineness depends on it */
  add(entry: Expiring, deadline: number, now: number): void {
    if (deadline === Infinity) return;
    if (entry.bucket !== undefined) this.remove(entry);
    const step = deadline - now < FAR_MS ? FINE_MS : COARSE_MS;
    const at = Math.ceil(deadline / step) * step;
    const bucket = this.#latest?.at === at ? this.#latest : this.#open(at);
    entry.bucket = bucket;
    entry.after = bucket.first;
    if (bucket.first !== undefined) bucket.first.before = entry;
    bucket.first = entry;
    this.#size++;
    if (at < this.#armedAt) this.#arm(at);
  }

  /** No-op for one that is not in it. */
  remove(entry: Expiring): void {
    const { bucket, before, after } = entry;
    if (bucket === undefined) return;
    if (before === undefined) bucket.first = after;
    else before.after = after;
    if (after !== undefined) after.before = before;
    entry.bucket = entry.before = entry.after = undefined;
    this.#size--;
  }

  /** No timer is left. What is added later arms it again. */
  close(): void {
    this.#timer?.cancel();
    this.#armedAt = Infinity;
  }

  #open(at: number): Bucket {
    let bucket = this.#buckets.get(at);
    if (bucket === undefined) {
      bucket = { at, first: undefined };
      this.#buckets.set(at, bucket);
      this.#push(bucket);
    }
    return (this.#latest = bucket);
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#armedAt = at;
    this.#timer = this.clock.setTimer(at - this.clock.now(), () => this.#tick(), { unref: true });
  }

  #tick(): void {
    this.#armedAt = Infinity;
    const now = this.clock.now();
    for (let [first] = this.#heap; first !== undefined; [first] = this.#heap) {
      // Node's timers may be up to a millisecond early: nobody is told before his time.
      if (first.at > now && first.first !== undefined) break;
      this.#pop();
      this.#buckets.delete(first.at);
      if (this.#latest === first) this.#latest = undefined;
      for (let entry = first.first; entry !== undefined; entry = first.first) {
        this.remove(entry);
        entry.expire();
      }
    }
    const next = this.#heap[0];
    if (next !== undefined && next.at < this.#armedAt) this.#arm(next.at);
  }

  #push(bucket: Bucket): void {
    const heap = this.#heap;
    let at = heap.push(bucket) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Bucket;
      if (parent.at <= bucket.at) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = bucket;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as Bucket).at < (heap[below] as Bucket).at) below++;
      const child = heap[below] as Bucket;
      if (child.at >= last.at) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}
