// Those who wait until `min` entries are open (a service at its start). They hold no place in the queue and get no lease.
import type { Timer } from './clock.js';
import { PoolClosingError } from './errors/pool-closing.error.js';
import { PoolClosedError } from './errors/pool-closed.error.js';
import type { PoolCore } from './pool-core.js';
import { acquireTimeout } from './pool-report.js';

interface Guest {
  readonly timer: Timer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class WarmUp<T extends object> {
  readonly #guests = new Set<Guest>();

  constructor(private readonly core: PoolCore<T>) {}

  get waiting(): boolean {
    return this.#guests.size > 0;
  }

  until(deadline: number): Promise<void> {
    const { core } = this;
    const { name } = core.options;
    if (core.state === 'closed') return Promise.reject(new PoolClosedError(name));
    if (core.state === 'draining') return Promise.reject(new PoolClosingError(name));
    if (this.reached()) return Promise.resolve();
    if (core.circuit.open) return Promise.reject(core.circuit.refusal(name));
    const since = core.clock.now();
    return new Promise((resolve, reject) => {
      const expire = (): void => {
        this.#guests.delete(guest);
        reject(acquireTimeout(core, since, 'connect'));
      };
      const guest: Guest = { timer: core.clock.setTimer(deadline - since, expire), resolve, reject };
      this.#guests.add(guest);
      core.dispatch();
    });
  }

  /** Lets go those who wait, if there is enough by now. */
  check(): void {
    if (this.waiting && this.reached()) this.endAll((guest) => guest.resolve());
  }

  refuseAll(error: () => unknown): void {
    this.endAll((guest) => guest.reject(error()));
  }

  private reached(): boolean {
    const { entries, min, atLeast } = this.core;
    return entries.alive - entries.counts.connecting >= Math.max(min, atLeast);
  }

  private endAll(end: (guest: Guest) => void): void {
    for (const guest of this.#guests) {
      guest.timer.cancel();
      this.#guests.delete(guest);
      end(guest);
    }
  }
}
