// When the next create may start after a failed one: exponential with full jitter, short while anyone waits.
// Full jitter because a restarted server must not meet all its clients in one instant. It opens nothing itself.
import type { Clock, Timer } from './clock.js';

const BASE_MS = 20;
/** Somebody waits: the server may be back any moment. */
const URGENT_CAP_MS = 200;
/** Nobody waits, `min` is to be refilled: be quiet. */
const QUIET_CAP_MS = 5000;

export class ConnectBackoff {
  #attempts = 0;
  #rounds = 0;
  #roundsBefore = 0;
  #until = 0;
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly wake: () => void,
  ) {}

  /** Failed creates since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  /** True while no create may start. */
  get holding(): boolean {
    return this.#timer !== undefined;
  }

  /** Until a create may start. */
  get leftMs(): number {
    return this.holding ? Math.max(0, this.#until - this.clock.now()) : 0;
  }

  /** Failures that end while others still hold belong to one round: four at once are no reason for eight-fold patience. */
  failed(urgent: boolean): void {
    this.#attempts++;
    if (this.holding) return;
    this.#rounds++;
    this.hold(this.delay(urgent ? URGENT_CAP_MS : QUIET_CAP_MS));
  }

  /** One ended that is to be made anew at once. */
  renewed(): void {
    this.#attempts++;
  }

  succeeded(): void {
    this.#roundsBefore = this.#rounds;
    this.#attempts = this.#rounds = 0;
    this.stop();
  }

  /** The last success died before its first use: a server that accepts and hangs up must not be dialled without pause. */
  relapsed(urgent: boolean): void {
    this.#rounds = Math.max(this.#rounds, this.#roundsBefore);
    this.failed(urgent);
  }

  /** Somebody began to wait during a quiet hold. */
  hurry(): void {
    if (!this.holding || this.#until - this.clock.now() <= URGENT_CAP_MS) return;
    this.stop();
    this.hold(this.delay(URGENT_CAP_MS));
  }

  /** Ends the hold; no timer is left. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  private delay(cap: number): number {
    return this.random() * Math.min(cap, BASE_MS * 2 ** (this.#rounds - 1));
  }

  private hold(ms: number): void {
    this.#until = this.clock.now() + ms;
    const fire = (): void => {
      this.#timer = undefined;
      this.wake();
    };
    this.#timer = this.clock.setTimer(ms, fire, { unref: true });
  }
}
