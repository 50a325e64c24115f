// The world of the model test: a pool, a server that counts its sessions, borrowers, and everything that must always be true.
// Every duty of the manager waits at a gate until a step of the sequence opens it, so that any order of events can be had.
import {
  createPool,
  ManualClock,
  PoolError,
  type CreateContext,
  type Lease,
  type Pool,
  type PoolOptions,
  type ResourceManager,
} from '../src/index.js';
import { deferred, OPTIONS, type Deferred, type Thing } from './pool-kit.js';

export interface Gate<R = void> extends Deferred<R> {
  readonly thing: Thing | undefined;
}

/** A create that is under way. */
interface Dial {
  readonly since: number;
  readonly signal: AbortSignal;
}

interface Borrower {
  readonly order: number;
  readonly deadline: number;
  readonly controller: AbortController;
  wantedCalls: number;
}

interface Held {
  readonly borrower: Borrower;
  readonly lease: Lease<Thing>;
  readonly thing: Thing;
}

export type ResetStyle = 'none' | 'gate' | 'discard';

/** The server says no. */
export class Fatal extends Error {}
/** The server has no room. */
class Full extends Error {}

export class World {
  readonly clock = new ManualClock();
  readonly pool: Pool<Thing>;
  readonly creates: Gate<Thing>[] = [];
  readonly destroys: Gate[] = [];
  readonly resets: Gate<void | 'discard'>[] = [];
  readonly validates: Gate[] = [];
  readonly waiting = new Set<Borrower>();
  readonly held: Held[] = [];
  readonly ended: Lease<Thing>[] = [];
  readonly live = new Map<number, Thing>();
  /** Dead before the last settling, so that nobody may be handed them any more. */
  readonly knownDead = new Set<number>();
  readonly dead = new Set<number>();
  readonly faults: string[] = [];
  resetStyle: ResetStyle = 'none';
  drained: Promise<void> | undefined;
  drainDeadline = Infinity;
  #orders = 0;
  #things = 0;
  #sessions = 0;
  #ceiling: number;
  /** Of the server: sessions that it has room for. */
  capacity = Infinity;
  readonly #dials = new Set<Dial>();
  /** Made under an older count than this are to be replaced. */
  #recycles = 0;
  readonly #recyclesAtBirth = new Map<number, number>();
  #fatals = 0;
  #fatalAt = -Infinity;
  /** No login before. */
  #quietUntil = -Infinity;
  /** The server's last word was yes, or no. */
  #welcome = false;
  #unwelcome = false;
  #answers = 0;
  #wishes = false;
  /** By our own books: what the pool says of itself proves nothing. */
  #max: number;

  constructor(readonly options: Partial<PoolOptions>) {
    this.#ceiling = this.#max = options.max ?? OPTIONS.max;
    this.pool = createPool(
      this.manager(),
      // No destroy runs out of time here: what the pool forgets before the server does would break the count of sessions rightly.
      { ...OPTIONS, connectTimeoutMs: 400, destroyTimeoutMs: 1e9, ...options },
      { clock: this.clock, random: () => 0.5 },
    );
  }

  /** @param place some wait for a connect there while another one is idle, and are overtaken by those who do not mind */
  acquire(ms: number, standing: boolean, place?: string): void {
    if (place !== undefined) this.#wishes = true;
    const borrower = this.borrower(ms);
    this.waiting.add(borrower);
    const { deadline, controller } = borrower;
    const onWanted = standing ? () => void borrower.wantedCalls++ : undefined;
    this.pool.acquire({ deadline, signal: controller.signal, onWanted, place }).then(
      (lease) => this.granted(borrower, lease),
      (error: unknown) => this.refused(borrower, error),
    );
    this.always();
  }

  tryAcquire(): void {
    const lease = this.pool.tryAcquire({ deadline: Infinity });
    if (lease === undefined) return;
    if (this.pool.stats().waiting > 0) this.fault('tryAcquire overtook a waiter');
    const borrower = this.borrower(0);
    this.waiting.add(borrower);
    this.granted(borrower, lease);
  }

  end(index: number, how: 'release' | 'discard'): void {
    const [held] = this.held.splice(index, 1);
    if (held === undefined) return;
    this.ended.push(held.lease);
    void (how === 'release' ? held.lease.release() : held.lease.discard('broken'));
    this.always();
  }

  kill(index: number): void {
    const thing = [...this.live.values()][index];
    if (thing === undefined) return;
    this.dead.add(thing.id);
    thing.lost(new Error('killed'));
    this.always();
  }

  fatal(gate: Gate<Thing>): void {
    this.#fatals++;
    gate.reject(new Fatal('wrong password'));
  }

  /** The server lets one in, if it has room. */
  connected(gate: Gate<Thing>): void {
    const sessions = this.#sessions - this.#dials.size;
    if (sessions < this.capacity) gate.resolve(this.thing());
    else gate.reject(new Full('too many clients'));
  }

  recycle(): void {
    this.#recycles++;
    this.pool.recycle();
  }

  resize(min: number, max: number): void {
    this.#max = max;
    this.pool.resize({ min, max });
    this.always();
  }

  drain(ms: number): void {
    this.drainDeadline = Math.min(this.drainDeadline, this.clock.now() + ms);
    this.drained = this.pool.drain(this.clock.now() + ms);
  }

  async settle(): Promise<void> {
    await this.clock.settle();
    this.settled();
  }

  async tick(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
    this.settled();
  }

  /** Everything is let through: all who wait must be served, everything must come back, and close must leave nothing. */
  async finish(): Promise<void> {
    this.resetStyle = 'none';
    // A server without room for a single one serves nobody.
    this.capacity = Math.max(1, this.capacity);
    if (this.drained === undefined) this.pool.resume();
    for (let round = 0; round < 40 && (round < 3 || this.waiting.size + this.held.length > 0); round++) {
      this.openGates();
      while (this.held.length > 0) this.end(0, 'release');
      await this.tick(30);
    }
    for (const { order, deadline } of this.waiting) this.fault(`${order} (until ${deadline}) was never served`);
    const closed = this.pool.close(this.clock.now() + 50);
    for (let round = 0; round < 3; round++) {
      this.openGates();
      await this.tick(50);
    }
    await Promise.race([closed, this.clock.advanceAsync(1000)]);
    const { total, leased, standing, waiting } = this.pool.stats();
    if (this.pool.state !== 'closed' || total + leased + standing + waiting > 0) this.fault('close left something');
    if (this.#sessions !== 0) this.fault(`${this.#sessions} sessions are left on the server`);
    if (this.clock.pendingTimers > 0) this.fault(`${this.clock.pendingTimers} timers are left`);
  }

  private openGates(): void {
    for (const gate of this.creates.splice(0)) this.connected(gate);
    for (const gate of [...this.destroys.splice(0), ...this.validates.splice(0)]) gate.resolve();
    for (const gate of this.resets.splice(0)) gate.resolve();
  }

  thing(): Thing {
    const id = ++this.#things;
    // Not always where it was wished for.
    return { id, place: id % 3 === 0 ? 'a' : 'b', lost: () => undefined };
  }

  private borrower(ms: number): Borrower {
    return {
      order: ++this.#orders,
      deadline: this.clock.now() + ms,
      controller: new AbortController(),
      wantedCalls: 0,
    };
  }

  private granted(borrower: Borrower, lease: Lease<Thing>): void {
    if (!this.waiting.delete(borrower)) this.fault(`${borrower.order} ended twice`);
    for (const { order } of this.waiting)
      if (order < borrower.order && !this.#wishes) this.fault(`${borrower.order} was served before ${order}`);
    let thing: Thing;
    try {
      thing = lease.resource;
    } catch (error) {
      return this.fault(`${borrower.order} was given a lease of no use: ${String(error)}`);
    }
    if (this.held.some((other) => other.thing === thing)) this.fault(`${thing.id} is lent twice`);
    for (const gate of [...this.validates, ...this.resets, ...this.destroys])
      if (gate.thing === thing) this.fault(`${thing.id} was lent while the pool held it`);
    if (this.knownDead.has(thing.id)) this.fault(`${thing.id} was lent though dead`);
    if (!this.live.has(thing.id)) this.fault(`${thing.id} was lent though destroyed`);
    this.held.push({ borrower, lease, thing });
  }

  private refused(borrower: Borrower, error: unknown): void {
    if (!this.waiting.delete(borrower)) this.fault(`${borrower.order} ended twice`);
    const code = error instanceof Fatal ? 'fatal' : codeOf(error);
    const now = this.clock.now();
    const rightly =
      (code === 'acquire-timeout' && now >= borrower.deadline) ||
      (code === 'aborted' && borrower.controller.signal.aborted) ||
      (code === 'closing' && this.drained !== undefined) ||
      (code === 'fatal' && this.#fatals > 0 && !this.servable()) ||
      (code === 'circuit-open' && now - this.#fatalAt <= this.circuitMs && !this.servable()) ||
      (code === 'queue-full' && this.waiting.size >= (this.options.maxQueue ?? OPTIONS.maxQueue));
    if (!rightly) this.fault(`${borrower.order} was refused with ${code}`);
  }

  /** Something may yet come to a waiter: a connect, or a resource that lives and is not to be replaced. */
  private servable(): boolean {
    for (const { signal } of this.#dials) if (!signal.aborted) return true;
    for (const { id } of this.live.values())
      if (!this.dead.has(id) && this.#recyclesAtBirth.get(id) === this.#recycles) return true;
    return false;
  }

  private get circuitMs(): number {
    return this.options.circuitMs ?? 5000;
  }

  /** What the pool may dial, by our own books. They follow a few promises later, for so does the pool. */
  private dialled(): void {
    const { connectConcurrency = 4, hedgeAfterMs = 500 } = this.options;
    const now = this.clock.now();
    if (now < this.#quietUntil) this.fault('dialled again within the window of a refusal');
    const open = [...this.#dials].filter(({ signal }) => !signal.aborted);
    const most = this.#welcome ? connectConcurrency : 1;
    const young = hedgeAfterMs === 0 ? open : open.filter(({ since }) => now - since < hedgeAfterMs);
    if (young.length > most) this.fault(`${young.length} connects at once, not ${most}`);
    if (open.length > 2 * connectConcurrency) this.fault(`${open.length} connects at once, hedges included`);
    if (this.#unwelcome && open.length > 1) this.fault('a login that was refused was hedged');
  }

  private answered(dial: Dial, error?: unknown): void {
    if (dial.signal.aborted) return;
    const turn = ++this.#answers;
    if (error === undefined) {
      this.#welcome = true;
      this.#unwelcome = false;
      this.#quietUntil = -Infinity;
    }
    if (!(error instanceof Fatal)) return;
    const now = (this.#fatalAt = this.clock.now());
    void this.clock.settle().then(() => {
      if (turn !== this.#answers) return;
      this.#welcome = false;
      this.#unwelcome = true;
      if (now >= this.#quietUntil) this.#quietUntil = now + this.circuitMs;
    });
  }

  /** True in the middle of everything. */
  private always(): void {
    const { total, connecting, idle, leased, resetting, reserved, closing } = this.pool.stats();
    const max = this.#max;
    const { ceiling } = this.pool.stats();
    if (ceiling < 1 || ceiling > max) this.fault(`the ceiling is ${ceiling}, max ${max}`);
    if (this.pool.stats().max !== max) this.fault(`max is ${this.pool.stats().max}, not ${max}`);
    this.#ceiling = Math.max(max, Math.min(this.#ceiling, Math.max(this.#sessions, total)));
    if (this.#sessions > this.#ceiling) this.fault(`${this.#sessions} sessions above ${this.#ceiling}`);
    if (total > this.#ceiling) this.fault(`total ${total} above ${this.#ceiling}`);
    if (total !== connecting + idle + leased + resetting + reserved + closing) this.fault('the sum is wrong');
  }

  /** True when nothing is about to happen but by time or by a gate. */
  private settled(): void {
    this.always();
    const { pool, clock } = this;
    const stats = pool.stats();
    for (const id of this.dead) this.knownDead.add(id);
    const taken = this.drained !== undefined && clock.now() >= this.drainDeadline;
    if (taken) this.ended.push(...this.held.splice(0).map(({ lease }) => lease));
    if (stats.leased !== this.held.length) this.fault(`leased ${stats.leased}, held ${this.held.length}`);
    if (stats.waiting !== this.waiting.size) this.fault(`waiting ${stats.waiting}, not ${this.waiting.size}`);
    // An idle entry that needs a proof may rest while as many as there are waiters are on their way back.
    const onTheWay = this.options.validateAfterIdleMs === 0 ? 0 : stats.reserved + stats.resetting;
    if (stats.waiting > onTheWay + (this.#wishes ? stats.connecting : 0) && stats.idle > 0 && pool.state !== 'paused')
      this.fault('a waiter while one is idle');
    if (stats.idle > 0 && pool.state === 'draining' && stats.waiting === 0) this.fault('idle while draining');
    if (stats.reserved !== this.validates.length) this.fault(`reserved ${stats.reserved}`);
    if (stats.idle > 0 && stats.total - stats.closing > this.#max) this.fault('idle entries above max');
    if (stats.waiting > 0 && clock.now() < this.#quietUntil && !this.servable())
      this.fault('a waiter for whom nothing can come');
    for (const { order, deadline } of this.waiting)
      if (deadline <= clock.now()) this.fault(`${order} outlived its time`);
    for (const { borrower, lease } of this.held) {
      if (borrower.wantedCalls > (lease.wanted ? 1 : 0)) this.fault(`${borrower.order} was asked back too often`);
      if (lease.wanted && !lease.standing) this.fault('an exclusive lease was asked back');
    }
  }

  private fault(message: string): void {
    this.faults.push(message);
  }

  private manager(): ResourceManager<Thing> {
    return {
      create: (context) => this.create(context),
      placeOf: (thing) => thing.place,
      classifyFailure: (error) => (error instanceof Fatal ? 'refused' : error instanceof Full ? 'full' : 'retry'),
      validate: (thing, { signal }) => this.hold(this.validates, thing, signal),
      reset: (thing, context) => {
        if (this.resetStyle === 'none') return undefined;
        return this.resetStyle === 'discard' ? 'discard' : this.hold(this.resets, thing, context().signal);
      },
      destroy: async (thing) => {
        if (!this.live.delete(thing.id)) this.fault(`${thing.id} was destroyed twice`);
        await this.hold(this.destroys, thing);
        this.#sessions--;
      },
    };
  }

  private async create(context: CreateContext): Promise<Thing> {
    this.#sessions++;
    const dial: Dial = { since: this.clock.now(), signal: context.signal };
    this.#dials.add(dial);
    const recycles = this.#recycles;
    this.always();
    this.dialled();
    try {
      const { id } = await this.hold(this.creates, undefined);
      const thing: Thing = { id, place: id % 3 === 0 ? 'a' : (context.place ?? 'b'), lost: context.lost };
      this.live.set(id, thing);
      this.#recyclesAtBirth.set(id, recycles);
      this.answered(dial);
      return thing;
    } catch (error) {
      this.#sessions--;
      this.answered(dial, error);
      throw error;
    } finally {
      this.#dials.delete(dial);
    }
  }

  private async hold<R>(gates: Gate<R>[], thing: Thing | undefined, signal?: AbortSignal): Promise<R> {
    const gate: Gate<R> = { ...deferred<R>(), thing };
    signal?.addEventListener('abort', () => gate.reject(signal.reason));
    gates.push(gate);
    try {
      return await gate.promise;
    } finally {
      const at = gates.indexOf(gate);
      if (at >= 0) gates.splice(at, 1);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof PoolError ? error.code : String(error);
}
