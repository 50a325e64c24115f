// Decodes large results in slices: at most a few milliseconds in one turn of the event loop, over all results of the
// process together, each in its turn. Who serves requests is never held up by somebody's hundred thousand rows.
import { systemClock, type Clock } from '@hydrogen/pool';

/**
 * Longest decoding in one turn of the loop, milliseconds (unsliced, 100,000 rows held it for 184). Beside pings, 300,000 rows as
 * objects left a loop delay of 22 ms (p99) with 4, and 19 with 2, in the same time.
 */
export const SLICE_MS = 2;
/** Rows between looks at the clock. */
export const SLICE_ROWS = 128;

/** A result that has rows to be decoded. */
export interface DecodeWork {
  /** Decodes at most SLICE_ROWS rows. True: there are more. Must not throw. */
  decodeSlice(): boolean;
}

export class DecodeScheduler {
  readonly #queue: DecodeWork[] = [];
  /** Milliseconds of decoding in this turn of the loop. */
  #spentMs = 0;
  #running = false;
  /** The end of this turn is being waited for. */
  #counting = false;

  constructor(private readonly clock: Clock) {}

  /** Results that wait for their next slice. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Begins at once, if this turn has time left. Not for one that is in it already. */
  submit(work: DecodeWork): void {
    this.#queue.push(work);
    // A step may bring the next chunk of its own result, or of another's: that one waits for its turn.
    if (!this.#running && this.#spentMs < SLICE_MS) this.#run();
  }

  #run(): void {
    this.#running = true;
    let at = this.clock.now();
    while (this.#spentMs < SLICE_MS) {
      const work = this.#queue.shift();
      if (work === undefined) break;
      if (work.decodeSlice()) this.#queue.push(work);
      const now = this.clock.now();
      this.#spentMs += now - at;
      at = now;
    }
    this.#running = false;
    if (this.#counting) return;
    this.#counting = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#counting = false;
    this.#spentMs = 0;
    if (this.#queue.length > 0) this.#run();
  }
}

/** There is one event loop, so there is one of these. */
export const sharedDecoder = new DecodeScheduler(systemClock);
