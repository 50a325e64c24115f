// Drain and close: serve who waits, take no one new, ask leases back, take them at the deadline, and settle when nothing is open.
// Bounded at every step, safe to repeat; afterwards no timer is left.
import type { Timer } from './clock.js';
import type { EntryCloser } from './entry-closer.js';
import type { EntryReturner } from './entry-returner.js';
import { PoolClosingError } from './errors/pool-closing.error.js';
import type { PoolCore } from './pool-core.js';
import type { WarmUp } from './warm-up.js';

export class Shutdown<T extends object> {
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #settle: () => void = () => undefined;
  #deadline = Infinity;
  #timer: Timer | undefined;

  constructor(
    private readonly core: PoolCore<T>,
    private readonly closer: EntryCloser<T>,
    private readonly returner: EntryReturner<T>,
    private readonly warmUp: WarmUp<T>,
    private readonly stopTimers: () => void,
  ) {}

  drain(deadline: number): Promise<void> {
    if (this.#drained === undefined) {
      this.#drained = new Promise((resolve) => (this.#settle = resolve));
      this.core.become('draining');
      this.warmUp.refuseAll(() => this.refusal());
    }
    this.bringForward(deadline);
    this.core.dispatch();
    return this.#drained;
  }

  close(deadline: number): Promise<void> {
    const drained = this.drain(deadline);
    this.#closed ??= drained.then(() => this.core.become('closed'));
    return this.#closed;
  }

  /** After every dispatch: with nobody waiting any more, what is idle or being opened has no purpose. */
  advance(): void {
    const { core } = this;
    if (core.state !== 'draining' || core.queue.size > 0) return;
    for (const entry of core.entries.idle.coldestFirst()) this.closer.close(entry, 'shutdown');
    this.failSteps('connecting');
    if (core.entries.total > 0) return;
    this.#timer?.cancel();
    this.stopTimers();
    this.#settle();
  }

  private bringForward(deadline: number): void {
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    this.#timer?.cancel();
    if (this.core.entries.total === 0 && this.core.queue.size === 0) return;
    this.#timer = this.core.clock.setTimer(deadline - this.core.clock.now(), () => this.cut());
  }

  /** The deadline: nobody is waited for any longer. */
  private cut(): void {
    const { entries, queue } = this.core;
    queue.refuseAll(() => this.refusal());
    this.failSteps('reserved');
    this.failSteps('resetting');
    for (const entry of entries.leased) if (entry.loan !== undefined) this.returner.take(entry, entry.loan);
    this.core.dispatch();
  }

  private failSteps(state: 'connecting' | 'reserved' | 'resetting'): void {
    if (this.core.entries.counts[state] === 0) return;
    for (const entry of this.core.entries.all()) if (entry.state === state) entry.step?.fail(this.refusal());
  }

  private refusal(): PoolClosingError {
    return new PoolClosingError(this.core.options.name);
  }
}
