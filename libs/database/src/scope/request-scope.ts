// One request: the instant by which it must be answered, the signal that its client has left, and the leases that were
// acquired in it and not given back. When it ends, what is left is taken back.

/** What lies around a call and ends it too. */
export interface OuterLimits {
  /** On the clock of the pools; Infinity = none. */
  readonly deadline: number;
  readonly signals: readonly AbortSignal[];
}

/** Something that must not outlive the request. */
export interface Reclaimable {
  /** The request has ended. Must not throw. */
  reclaim(): void;
}

export class RequestScope implements OuterLimits {
  readonly signals: readonly AbortSignal[];
  readonly #deadline: number;
  readonly #left = new Set<Reclaimable>();
  #ended = false;

  /** @param deadline on the clock of the pools */
  constructor(deadline: number, signal: AbortSignal | undefined) {
    this.#deadline = deadline;
    this.signals = signal === undefined ? [] : [signal];
  }

  /** Work that goes on after the answer has no deadline of the request's any more; a client that left still ends it. */
  get deadline(): number {
    return this.#ended ? Infinity : this.#deadline;
  }

  /** Until `forget`. What comes after the end was not forgotten but begun later: it is not ours. */
  remember(each: Reclaimable): void {
    if (!this.#ended) this.#left.add(each);
  }

  forget(each: Reclaimable): void {
    this.#left.delete(each);
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const each of this.#left) each.reclaim();
    this.#left.clear();
  }
}
