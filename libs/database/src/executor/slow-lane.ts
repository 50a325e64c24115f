// How many connections slow statements may hold at once: a semaphore in front of the pool, so that fast work always finds
// one. It only counts; who is slow is placement's to say.
import type { AnyCall } from './statement-call.js';
import { WaitingRoom, type Door } from './waiting-room.js';

export class SlowLane {
  readonly #room: WaitingRoom;
  readonly #inside = new Set<AnyCall>();

  constructor(
    door: Door,
    /** Most at once. */
    private readonly limit: number,
    /** Takes a lease for it. */
    private readonly run: (call: AnyCall) => void,
  ) {
    this.#room = new WaitingRoom(door);
  }

  get waiting(): number {
    return this.#room.size;
  }

  enter(call: AnyCall): void {
    if (this.#inside.size < this.limit) this.#admit(call);
    else this.#room.enter(call, 0);
  }

  /** It holds no connection and waits for none any more. No-op for those that were not slow. */
  leave(call: AnyCall): void {
    if (this.#inside.size === 0 || !this.#inside.delete(call)) return;
    const next = this.#room.next();
    if (next) this.#admit(next);
  }

  #admit(call: AnyCall): void {
    this.#inside.add(call);
    this.run(call);
  }
}
