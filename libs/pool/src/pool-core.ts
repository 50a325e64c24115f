// What the pool's parts share: its ports, its entries and waiters, its limits and state. Data and two bells, no rules.
// The parts know this and those below them, never each other in a circle.
import type { Clock } from './clock.js';
import { ConnectCircuit } from './connect-circuit.js';
import { EntryRegistry } from './entry-registry.js';
import { LiveCeiling } from './live-ceiling.js';
import type { ResolvedPoolOptions } from './pool-options.js';
import { checkPoolMove, type PoolState } from './pool-state.js';
import type { ResourceManager } from './resource-manager.js';
import { RetireBudget } from './retire-budget.js';
import type { SafeObserver } from './safe-observer.js';
import { WaitQueue } from './wait-queue.js';

export interface PoolPorts<T extends object> {
  readonly manager: ResourceManager<T>;
  readonly options: ResolvedPoolOptions;
  readonly clock: Clock;
  readonly observer: SafeObserver;
  readonly random: () => number;
  readonly answers: () => number;
}

export class PoolCore<T extends object> {
  readonly manager: ResourceManager<T>;
  readonly options: ResolvedPoolOptions;
  readonly clock: Clock;
  readonly observer: SafeObserver;
  readonly random: () => number;
  /** Of the far side, so far, to whomever; the pool's own questions apart. */
  readonly answers: () => number;

  readonly entries = new EntryRegistry<T>();
  readonly queue = new WaitQueue<T>();
  readonly retirements = new RetireBudget();
  readonly circuit: ConnectCircuit;
  readonly room: LiveCeiling;

  min: number;
  max: number;
  /** Waiters that were left waiting although an entry is idle: one of the place they wish for is being opened, or has to be. */
  hoping = 0;
  /** Entries of an older generation are replaced (`recycle`). */
  generation = 0;
  /** So many are wanted open for the moment, beyond `min`: somebody is about to take one out of use. */
  atLeast = 0;
  /** Grows when a resource dies unexpectedly; an idle entry proven under an older count is proven again before it is lent. */
  suspicion = 0;
  /** When any of them was last known to live. */
  provenAt = -Infinity;
  /** The last failed create, if none has succeeded since. */
  lastConnectError: unknown = undefined;
  /** Since the pool was made. */
  leaked = 0;
  reclaimed = 0;
  #state: PoolState = 'running';

  /** Options where 0 means off, as times that never come. */
  readonly idleMs: number;
  readonly keepaliveMs: number;
  readonly leakMs: number;

  /** Rung when something changed that may let a waiter be served or an entry be opened. */
  dispatch: () => void = () => undefined;
  /** Rung when something falls due at `at`. */
  wakeAt: (at: number) => void = () => undefined;
  /** Rung when what falls due must be looked up anew: a new entry, new limits. */
  review: () => void = () => undefined;

  constructor(ports: PoolPorts<T>) {
    this.manager = ports.manager;
    this.options = ports.options;
    this.clock = ports.clock;
    this.observer = ports.observer;
    this.random = ports.random;
    this.answers = ports.answers;
    this.circuit = new ConnectCircuit(this.clock, this.options.circuitMs, () => this.dispatch());
    this.room = new LiveCeiling({
      clock: this.clock,
      random: this.random,
      max: () => this.max,
      trying: () => this.entries.counts.connecting > 0,
      moved: (ceiling) => this.observer.ceilingMoved(ceiling, this.max),
      wake: () => this.dispatch(),
    });
    this.min = ports.options.min;
    this.max = ports.options.max;
    this.idleMs = ports.options.idleTimeoutMs || Infinity;
    this.keepaliveMs = ports.options.keepaliveMs || Infinity;
    this.leakMs = ports.options.leakThresholdMs || Infinity;
  }

  /** Never above `max`: as many as the far side has room for. */
  get ceiling(): number {
    return this.room.value;
  }

  /** Creates that may be in flight at once. */
  get connectLimit(): number {
    return this.circuit.proven ? this.options.connectConcurrency : 1;
  }

  get state(): PoolState {
    return this.#state;
  }

  /** @throws IllegalTransitionError */
  become(state: PoolState): void {
    const from = this.#state;
    checkPoolMove(from, state);
    this.#state = state;
    this.observer.stateChanged(state, from);
  }
}
