// What a pool itself costs, beside three others: resources that are plain objects, so that only the pools' own work is left.
// Rounds are interleaved; figures are medians of processor time. Each has a time limit for waiting, as a service must. Needs a build: `npx tsc -b`.
//   npm run bench:pool [-- rounds]
import genericPool from 'generic-pool';
import PgPool from 'pg-pool';
import { Pool as TarnPool } from 'tarn';
import { createPool, systemClock } from '../libs/pool/dist/index.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const OPERATIONS = 200_000;
const CALLERS = 64;
const PLACES = 8;
const WAIT_MS = 5000;

const OPTIONS = {
  name: 'bench',
  min: 0,
  maxQueue: 1000,
  connectTimeoutMs: 1000,
  validationTimeoutMs: 1000,
  resetTimeoutMs: 1000,
  idleTimeoutMs: 60_000,
  maxLifetimeMs: 1_800_000,
  lifetimeJitter: 0.2,
  keepaliveMs: 120_000,
  validateAfterIdleMs: 1000,
  leakThresholdMs: 30_000,
};
const manager = {
  create: async () => ({}),
  validate: async () => undefined,
  reset: () => undefined,
  destroy: async () => undefined,
};

/** A connection as pg-pool wants it. */
class FakeClient {
  _queryable = true;
  connect = (done) => queueMicrotask(done);
  end = () => undefined;
  on = () => this;
  once = () => this;
  removeListener = () => this;
}

/** Each: `take` gives a promise of something that `back` returns, at once. */
const contestants = {
  hydrogen(max) {
    const pool = createPool(manager, { ...OPTIONS, max });
    return {
      take: () => pool.acquire({ deadline: systemClock.now() + WAIT_MS }),
      back: (lease) => void lease.release(),
      close: () => pool.close(0),
    };
  },
  tarn(max) {
    const pool = new TarnPool({
      min: 0,
      max,
      acquireTimeoutMillis: WAIT_MS,
      create: async () => ({}),
      destroy() {},
    });
    return { take: () => pool.acquire().promise, back: (each) => void pool.release(each), close: () => pool.destroy() };
  },
  'generic-pool'(max) {
    const pool = genericPool.createPool(
      { create: async () => ({}), destroy: async () => undefined },
      { min: 0, max, acquireTimeoutMillis: WAIT_MS },
    );
    return { take: () => pool.acquire(), back: (each) => void pool.release(each), close: () => pool.drain() };
  },
  'pg-pool'(max) {
    const pool = new PgPool({ Client: FakeClient, max, connectionTimeoutMillis: WAIT_MS, idleTimeoutMillis: 60_000 });
    return { take: () => pool.connect(), back: (client) => client.release(), close: () => pool.end() };
  },
};

/** Microseconds of the processor, whoever else is on the machine. */
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Nanoseconds of one acquire and release. */
async function alone(make) {
  const { take, back, close } = make(PLACES);
  const run = async (count) => {
    for (let n = 0; n < count; n++) back(await take());
  };
  await run(OPERATIONS / 10);
  const before = cpu();
  await run(OPERATIONS);
  const ns = ((cpu() - before) / OPERATIONS) * 1e3;
  await close();
  return ns;
}

/** The same with eight callers to each place, who hold it over one turn of promises. */
async function crowded(make) {
  const { take, back, close } = make(PLACES);
  const run = async (count) => {
    const caller = async () => {
      for (let n = 0; n < count / CALLERS; n++) {
        const held = await take();
        await Promise.resolve();
        back(held);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
  };
  await run(OPERATIONS / 10);
  const before = cpu();
  await run(OPERATIONS);
  const ns = ((cpu() - before) / OPERATIONS) * 1e3;
  await close();
  return ns;
}

/** The way of the executor: without a promise where one is idle. Only ours has it. */
async function withoutPromise() {
  const pool = createPool(manager, { ...OPTIONS, max: PLACES });
  await (await pool.acquire({ deadline: Infinity })).release();
  const run = (count) => {
    for (let n = 0; n < count; n++) void pool.tryAcquire({ deadline: Infinity }).release();
  };
  run(OPERATIONS / 10);
  const before = cpu();
  run(OPERATIONS);
  const ns = ((cpu() - before) / OPERATIONS) * 1e3;
  await pool.close(0);
  return ns;
}

/** Microseconds of each maintenance tick over so many idle connections, one of which falls due at each. */
async function ticks(connections, count) {
  let now = 0;
  const timers = new Set();
  const clock = {
    now: () => now,
    setTimer(ms, fn, options) {
      const timer = { at: now + ms, fn };
      if (options?.unref === true && ms < Infinity) timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  const earliest = () => {
    const [next] = [...timers].toSorted((a, b) => a.at - b.at);
    timers.delete(next);
    return next;
  };
  const pool = createPool(
    manager,
    { ...OPTIONS, max: connections, connectConcurrency: connections, validateAfterIdleMs: 0 },
    { clock },
  );
  const leases = await Promise.all(Array.from({ length: connections }, () => pool.acquire({ deadline: Infinity })));
  for (const lease of leases) {
    now += 60;
    await lease.release();
  }
  const took = [];
  while (took.length < count) {
    const { at, fn } = earliest();
    now = Math.max(now, at);
    const startedAt = performance.now();
    fn();
    took.push((performance.now() - startedAt) * 1000);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  return took;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const figures = {};
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, make] of Object.entries(contestants)) {
    for (const [what, measure] of Object.entries({ alone, crowded })) {
      const ns = await measure(make);
      // The first round warms up.
      if (round > 0) ((figures[what] ??= {})[name] ??= []).push(ns);
    }
  }
  const ns = await withoutPromise();
  if (round > 0) ((figures.withoutPromise ??= {}).hydrogen ??= []).push(ns);
}

const titles = {
  alone: 'acquire + release, nobody waits',
  crowded: `acquire + release, ${CALLERS} callers on ${PLACES}`,
  withoutPromise: 'tryAcquire + release',
};
for (const [what, title] of Object.entries(titles)) {
  console.log(`\n${title} (median of ${ROUNDS} rounds, ns)`);
  const ours = median(figures[what].hydrogen);
  for (const [name, values] of Object.entries(figures[what])) {
    const ns = median(values);
    const ratio = name === 'hydrogen' ? '' : `  ${(ns / ours).toFixed(2)} x ours${ns < ours ? '   LOST' : ''}`;
    console.log(`  ${name.padEnd(14)}${ns.toFixed(0).padStart(7)}${ratio}`);
  }
}
const took = (await ticks(1000, 600)).slice(100);
console.log(`\nmaintenance tick over 1,000 idle connections (${took.length} ticks, µs)`);
console.log(`  median ${median(took).toFixed(0)}, slowest ${Math.max(...took).toFixed(0)}`);
