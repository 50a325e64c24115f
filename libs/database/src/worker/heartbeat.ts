// A worker's sign of life: a counter in shared memory that its loop turns, so that looking at it costs no message and a main
// thread that was away does not miss it. The worker writes its heap beside it.
import { getHeapStatistics } from 'node:v8';

/** The worker's loop turns the counter this often. */
export const BEAT_MS = 100;
/** Main looks this often, */
export const LOOK_MS = 250;
/** and takes the worker for stuck when it has not moved in so many looks in a row: found within 1.75 s. */
const LOOKS = 6;
/** A look that comes later than this says that this thread was away, or the machine: it proves nothing. */
const LATE_MS = LOOK_MS;

const BEAT = 0;
/** In bytes, behind the counter. */
const HEAP_AT = 8;

export function createPulse(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAP_AT + 8);
}

/** The worker's side: beats until the thread ends. */
export function beat(pulse: SharedArrayBuffer): void {
  const counter = new Int32Array(pulse, 0, 1);
  const heap = new Float64Array(pulse, HEAP_AT, 1);
  const turn = (): void => {
    Atomics.add(counter, BEAT, 1);
    heap[0] = getHeapStatistics().used_heap_size;
  };
  turn();
  setInterval(turn, BEAT_MS).unref();
}

/** The main thread's side. */
export class PulseWatch {
  readonly #counter: Int32Array;
  readonly #heap: Float64Array;
  #last: number;
  #lookedAt: number;
  #still = 0;

  constructor(pulse: SharedArrayBuffer, now: number) {
    this.#counter = new Int32Array(pulse, 0, 1);
    this.#heap = new Float64Array(pulse, HEAP_AT, 1);
    this.#last = Atomics.load(this.#counter, BEAT);
    this.#lookedAt = now;
  }

  get heapUsedMb(): number {
    return (this.#heap[0] as number) / 1_048_576;
  }

  /** @returns false when the worker's loop has stood still for too long */
  look(now: number): boolean {
    const beats = Atomics.load(this.#counter, BEAT);
    const late = now - this.#lookedAt - LOOK_MS > LATE_MS;
    this.#lookedAt = now;
    if (beats !== this.#last || late) this.#still = 0;
    else this.#still++;
    this.#last = beats;
    return this.#still < LOOKS;
  }
}
