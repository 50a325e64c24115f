// What the specs share: a manager over plain objects with switches for every fault, and a pool on a manual clock.
// Not part of the library; nothing under src but specs may import it.
import {
  createPool,
  ManualClock,
  type AcquireOptions,
  type CloseReason,
  type CreateContext,
  type CreateFailure,
  type Lease,
  type Pool,
  type PoolObserver,
  type PoolOptions,
  type ResourceManager,
  type StepContext,
} from '../src/index.js';

export interface Thing {
  readonly id: number;
  readonly place: string | undefined;
  readonly lost: (reason: Error) => void;
}

export interface Deferred<R> {
  readonly promise: Promise<R>;
  readonly resolve: (value: R) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<R = void>(): Deferred<R> {
  let resolve!: (value: R) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<R>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Every duty succeeds at once until a test replaces it. */
export class ThingManager implements ResourceManager<Thing> {
  made = 0;
  validated: number[] = [];
  readonly live = new Set<Thing>();
  readonly destroyed: { id: number; reason: CloseReason }[] = [];
  onCreate: (context: CreateContext) => Promise<void> = async () => undefined;
  onValidate: (thing: Thing, context: StepContext) => Promise<void> = async () => undefined;
  onReset: ResourceManager<Thing>['reset'] = () => undefined;
  onDestroy: (thing: Thing) => Promise<void> = async () => undefined;
  classify: (error: unknown) => CreateFailure = () => 'retry';
  placeOf: (thing: Thing) => string | undefined = () => undefined;

  async create(context: CreateContext): Promise<Thing> {
    await this.onCreate(context);
    const thing: Thing = { id: ++this.made, place: context.place, lost: context.lost };
    this.live.add(thing);
    return thing;
  }

  classifyFailure(error: unknown): CreateFailure {
    return this.classify(error);
  }

  async validate(thing: Thing, context: StepContext): Promise<void> {
    this.validated.push(thing.id);
    await this.onValidate(thing, context);
  }

  reset(thing: Thing, context: () => StepContext): undefined | 'discard' | Promise<void | 'discard'> {
    return this.onReset(thing, context);
  }

  async destroy(thing: Thing, reason: CloseReason): Promise<void> {
    this.destroyed.push({ id: thing.id, reason });
    await this.onDestroy(thing);
    this.live.delete(thing);
  }
}

type Event = readonly [name: keyof PoolObserver, ...args: unknown[]];

/** Writes down what it is told. */
export class Recorder implements PoolObserver {
  readonly events: Event[] = [];
  created = (ms: number): void => this.note('created', ms);
  closed = (reason: CloseReason): void => this.note('closed', reason);
  acquired = (waitMs: number, lane?: string): void => this.note('acquired', waitMs, lane);
  released = (useMs: number): void => this.note('released', useMs);
  timedOut = (step: string): void => this.note('timedOut', step);
  leaked = (heldMs: number, stack?: string): void => this.note('leaked', heldMs, stack);
  leakReturned = (heldMs: number): void => this.note('leakReturned', heldMs);
  createFailed: NonNullable<PoolObserver['createFailed']> = (error, attempt) =>
    this.note('createFailed', error, attempt);
  doubleRelease = (stack?: string): void => this.note('doubleRelease', stack);
  stateChanged = (to: string): void => this.note('stateChanged', to);
  resized = (min: number, max: number): void => this.note('resized', min, max);
  ceilingMoved = (ceiling: number, max: number): void => this.note('ceilingMoved', ceiling, max);
  reclaimed = (heldMs: number, stack?: string): void => this.note('reclaimed', heldMs, stack);
  callbackFailed = (error: unknown): void => this.note('callbackFailed', error);

  named(name: keyof PoolObserver): unknown[][] {
    return this.events.filter(([event]) => event === name).map(([, ...args]) => args);
  }

  private note(...event: Event): void {
    this.events.push(event);
  }
}

export const OPTIONS: PoolOptions = {
  name: 'things',
  min: 0,
  max: 2,
  maxQueue: 100,
  connectTimeoutMs: 5000,
  validationTimeoutMs: 1000,
  resetTimeoutMs: 1000,
  destroyTimeoutMs: 1000,
  idleTimeoutMs: 0,
  maxLifetimeMs: 0,
  lifetimeJitter: 0,
  keepaliveMs: 0,
  validateAfterIdleMs: 0,
  leakThresholdMs: 0,
};

export interface Kit {
  readonly pool: Pool<Thing>;
  readonly clock: ManualClock;
  readonly manager: ThingManager;
  readonly seen: Recorder;
  /** Acquires with a deadline `ms` from now; default 10 000. */
  readonly acquire: (options?: Partial<AcquireOptions>, ms?: number) => Promise<Lease<Thing>>;
}

/** A pool on a manual clock whose chance always says one half, unless told otherwise. */
export function makeKit(
  options: Partial<PoolOptions> = {},
  random: () => number = () => 0.5,
  answers?: () => number,
): Kit {
  const clock = new ManualClock();
  const manager = new ThingManager();
  const seen = new Recorder();
  const pool = createPool(
    manager,
    { ...OPTIONS, ...options },
    { clock, observer: seen, random, ...(answers ? { answers } : {}) },
  );
  return {
    pool,
    clock,
    manager,
    seen,
    acquire: (more = {}, ms = 10_000) => pool.acquire({ deadline: clock.now() + ms, ...more }),
  };
}

/** Work that never ends. */
export function never(): Promise<void> {
  return new Promise(() => undefined);
}

/** The error of a promise that must fail. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error('it failed with something that is no Error', { cause: error });
  }
  throw new Error('it should have failed');
}

/** What a promise has come to so far, without waiting for it. */
export async function outcome(promise: Promise<unknown>, clock: ManualClock): Promise<'pending' | 'fulfilled' | Error> {
  let state: 'pending' | 'fulfilled' | Error = 'pending';
  promise.then(
    () => (state = 'fulfilled'),
    (error: unknown) => (state = error instanceof Error ? error : new Error(String(error))),
  );
  await clock.settle();
  return state;
}
