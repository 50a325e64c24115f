// The pool against any sequence of events: what must always hold, holds; and in the end everything is back to zero.
// The rules are in test/pool-world.ts; here are the steps and their chances.
import { describe, it } from '@jest/globals';
import * as fc from 'fast-check';
import { World, type Gate, type ResetStyle } from '../test/pool-world.js';

const SEQUENCES = Number(process.env['POOL_MODEL_RUNS'] ?? 2000);
/** Stop at the first failure instead of looking for a shorter one: scripts/pool-mutations.js has no use for it. */
const FIRST_ONLY = process.env['POOL_MODEL_FIRST'] === '1';

/** One event. `settle` false = the next one comes in the same tick. */
class Step implements fc.AsyncCommand<object, World> {
  constructor(
    private readonly name: string,
    private readonly settle: boolean,
    private readonly act: (world: World) => void | Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: object, world: World): Promise<void> {
    await this.act(world);
    if (this.settle) await world.settle();
    if (world.faults.length > 0) throw new Error(world.faults.join('\n'));
  }

  toString(): string {
    return this.settle ? this.name : `${this.name}…`;
  }
}

const nat = fc.nat(7);

function step<A>(name: string, args: fc.Arbitrary<A>, act: (world: World, args: A) => void | Promise<void>) {
  return fc.tuple(args, fc.boolean()).map(([a, settle]) => {
    return new Step(`${name}(${JSON.stringify(a) ?? ''})`, settle, (world) => act(world, a));
  });
}

/** Opens one gate of a list, if there is one. */
function open<R>(gates: Gate<R>[], n: number, how: (gate: Gate<R>) => void): void {
  const [gate] = gates.splice(n % (gates.length || 1), 1);
  if (gate !== undefined) how(gate);
}

const failed = new Error('step failed');
const acquire = step('acquire', fc.tuple(fc.constantFrom(20, 150, 100_000, 100_000), fc.nat(4)), (world, [ms, kind]) =>
  world.acquire(ms, kind === 0),
);
const connect = step('connectOk', nat, (world, n) => open(world.creates, n, (gate) => world.connected(gate)));
const release = step('release', nat, (world, n) => world.end(n % (world.held.length || 1), 'release'));

const tick = step('tick', fc.constantFrom(1, 10, 60, 120, 500), (world, ms) => world.tick(ms));
const destroyed = step('destroyed', nat, ({ destroys }, n) => open(destroys, n, (gate) => gate.resolve()));
const cancel = step('cancel', nat, ({ waiting }, n) => [...waiting][n % (waiting.size || 1)]?.controller.abort());

/** Weekdays: long queues, few accidents. */
const calm = [acquire, acquire, acquire, connect, release, release, release, release, cancel, destroyed, tick];

/** Everything at once. */
const storm = [
  ...calm,
  connect,
  connect,
  tick,
  destroyed,
  step('tryAcquire', fc.constant(0), (world) => world.tryAcquire()),
  step('discard', nat, (world, n) => world.end(n, 'discard')),
  step('releaseAgain', nat, ({ ended }, n) => void ended[n % (ended.length || 1)]?.release()),
  step('connectFails', nat, ({ creates }, n) => open(creates, n, (gate) => gate.reject(failed))),
  step('connectFatal', nat, (world, n) => open(world.creates, n, (gate) => world.fatal(gate))),
  step('capacity', fc.constantFrom(0, 1, 2, 3, Infinity, Infinity), (world, n) => {
    world.capacity = n;
  }),
  step('validOk', nat, ({ validates }, n) => open(validates, n, (gate) => gate.resolve())),
  step('validFails', nat, ({ validates }, n) => open(validates, n, (gate) => gate.reject(failed))),
  step('resetOk', nat, ({ resets }, n) => open(resets, n, (gate) => gate.resolve())),
  step('resetFails', nat, ({ resets }, n) => open(resets, n, (gate) => gate.reject(failed))),
  step('resetStyle', fc.constantFrom<ResetStyle>('none', 'gate', 'discard'), (world, style) => {
    world.resetStyle = style;
  }),
  step('kill', nat, (world, n) => world.kill(n % (world.live.size || 1))),
  step('resize', fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 5 })), (world, [min, max]) =>
    world.resize(Math.min(min, max), max),
  ),
  step('pause', fc.constant(0), ({ pool }) => pool.pause()),
  step('resume', fc.constant(0), ({ pool }) => pool.resume()),
  step('recycle', fc.constant(0), (world) => world.recycle()),
  step('evictIdle', fc.constant(0), ({ pool }) => void pool.evictIdle()),
  // Seldom, for after it there is not much to see.
  step('drain', fc.tuple(fc.nat(2), fc.constantFrom(10, 200, 100_000)), (world, [luck, ms]) => {
    if (luck === 0) world.drain(ms);
  }),
];

/** Two kinds of borrowers, who would rather have resources of their own kind. */
const wishing = [
  ...storm,
  ...[0, 1].map(() =>
    step(
      'acquireAt',
      fc.tuple(fc.constantFrom(150, 100_000), fc.constantFrom('a', 'b'), fc.nat(4)),
      (world, [ms, at, kind]) => world.acquire(ms, kind === 0, at),
    ),
  ),
];

const options = fc.record({
  min: fc.constantFrom(0, 0, 1),
  max: fc.integer({ min: 1, max: 4 }),
  maxQueue: fc.constantFrom(0, 3, 100),
  connectConcurrency: fc.integer({ min: 1, max: 3 }),
  idleTimeoutMs: fc.constantFrom(0, 100),
  maxLifetimeMs: fc.constantFrom(0, 300),
  keepaliveMs: fc.constantFrom(0, 80),
  validateAfterIdleMs: fc.constantFrom(0, 50),
  leakThresholdMs: fc.constantFrom(0, 100),
  maxUses: fc.constantFrom(0, 3),
  circuitMs: fc.constantFrom(0, 300),
  hedgeAfterMs: fc.constantFrom(0, 100),
});

describe('the pool, whatever happens', () => {
  it.each([
    { weather: 'calm', steps: calm },
    { weather: 'stormy', steps: storm },
    { weather: 'wishful', steps: wishing },
  ])(
    `keeps its promises in ${SEQUENCES} $weather sequences`,
    async ({ steps }) => {
      const sequences = fc.commands(steps, { maxCommands: 80, size: 'max' });
      await fc.assert(
        fc.asyncProperty(options, sequences, async (given, sequence) => {
          const world = new World(given);
          await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
          await world.settle();
          await world.finish();
          if (world.faults.length > 0) throw new Error(world.faults.join('\n'));
        }),
        { numRuns: SEQUENCES, endOnFailure: FIRST_ONLY, includeErrorInReport: FIRST_ONLY },
      );
    },
    120_000,
  );
});
