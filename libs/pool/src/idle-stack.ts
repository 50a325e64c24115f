// Idle entries, last used on top: few hot resources stay in use and the rest grow old and leave (LIFO).
// A doubly linked list through the entries themselves, so that any entry leaves in O(1) and nothing is allocated.

export interface Stackable<E> {
  above: E | undefined;
  below: E | undefined;
  readonly lastUsedAt: number;
}

export class IdleStack<E extends Stackable<E>> {
  #top: E | undefined;
  #bottom: E | undefined;
  #size = 0;

  get top(): E | undefined {
    return this.#top;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: E): void {
    this.putAbove(this.#top, entry);
  }

  /** Back to where its last use puts it, so that a keepalive does not make a cold entry hot. O(n), from the cold end. */
  insertByLastUse(entry: E): void {
    let below: E | undefined;
    for (let next = this.#bottom; next !== undefined && next.lastUsedAt <= entry.lastUsedAt; next = next.above)
      below = next;
    this.putAbove(below, entry);
  }

  remove(entry: E): void {
    if (entry.above === undefined) this.#top = entry.below;
    else entry.above.below = entry.below;
    if (entry.below === undefined) this.#bottom = entry.above;
    else entry.below.above = entry.above;
    entry.above = entry.below = undefined;
    this.#size--;
  }

  /** Coldest first. A copy: the caller may move entries while it walks. */
  coldestFirst(): E[] {
    const entries: E[] = [];
    for (let entry = this.#bottom; entry !== undefined; entry = entry.above) entries.push(entry);
    return entries;
  }

  /** Hottest entry for which `test` is true. */
  find(test: (entry: E) => boolean): E | undefined {
    for (let entry = this.#top; entry !== undefined; entry = entry.below) if (test(entry)) return entry;
    return undefined;
  }

  private putAbove(below: E | undefined, entry: E): void {
    const above = below === undefined ? this.#bottom : below.above;
    entry.below = below;
    entry.above = above;
    if (below === undefined) this.#bottom = entry;
    else below.above = entry;
    if (above === undefined) this.#top = entry;
    else above.below = entry;
    this.#size++;
  }
}
