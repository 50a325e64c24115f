// Which hosts and addresses have failed a short while ago: they are tried last until the time is over. It opens nothing.
import type { Clock } from '@hydrogen/pool';
import { describeHost, type Host, type Site } from './host.js';

/** As long as JDBC's hostRecheckSeconds: a host that is away costs one failed attempt in this time, milliseconds. */
export const SUSPECT_MS = 10_000;

const keyOf = (what: Host | Site): string =>
  'host' in what ? `${describeHost(what.host)} ${what.address}` : describeHost(what);

export class HostMemory {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  suspect(what: Host | Site): void {
    this.#until.set(keyOf(what), this.#clock.now() + SUSPECT_MS);
  }

  trust(what: Host | Site): void {
    this.#until.delete(keyOf(what));
  }

  /** Every host is worth a try again. */
  forget(): void {
    this.#until.clear();
  }

  suspected(what: Host | Site): boolean {
    return this.#clock.now() < (this.#until.get(keyOf(what)) ?? -Infinity);
  }

  /**
   * As given, suspects last. Asking counts: when a suspect's time is over whoever asks first tries it, and for those who ask
   * meanwhile it is suspected anew, or all connects of that moment would wait for a mute host.
   */
  order<T extends Host | Site>(all: readonly T[]): T[] {
    if (this.#until.size === 0) return [...all];
    const avoided = new Set(all.filter((each) => this.#avoid(each)));
    return [...all.filter((each) => !avoided.has(each)), ...avoided];
  }

  #avoid(what: Host | Site): boolean {
    if (this.suspected(what)) return true;
    if (this.#until.has(keyOf(what))) this.suspect(what);
    return false;
  }
}
