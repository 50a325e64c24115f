// What everything above the Connection costs for one call: a connection that answers at once, so that only our own work is
// left. Figures are microseconds per call; the machine's noise is in them. Needs a build: `npx tsc -b`.
//   node scripts/bench-executor.js [calls]
import { createPool, systemClock } from '../libs/pool/dist/index.js';
import { CallContext } from '../libs/database/dist/executor/call-context.js';
import { ConnectionManager } from '../libs/database/dist/executor/connection-manager.js';
import { RoundTrip } from '../libs/database/dist/executor/round-trip.js';
import { DatabaseExecutor } from '../libs/database/dist/executor/database-executor.js';
import { Database } from '../libs/database/dist/database.js';

const CALLS = Number(process.argv[2] ?? 300_000);
const CONCURRENCY = 64;
const END = { command: 'SELECT', rowCount: 1, fields: [], bytes: 20 };
const CHUNK = {
  rowCount: 1,
  byteLength: 20,
  decode: (_from, _to, into) => into.push({ n: 1 }),
};

/** Answers everything of a turn together, as a socket does. */
class AnsweringConnection {
  info = { place: 'inline', processId: 1, address: '', serverVersion: '18' };
  capabilities = { pipelineDepth: 1000, prepared: true, ownSession: true };
  transactionStatus = 'I';
  touched = new Set();
  inFlight = 0;
  #sinks = [];
  #execution = { taken() {}, cancel: () => Promise.resolve() };

  execute(_statement, _options, sink) {
    if (this.inFlight++ === 0) setImmediate(() => this.#answer());
    this.#sinks.push(sink);
    return this.#execution;
  }

  #answer() {
    const sinks = this.#sinks;
    this.#sinks = [];
    this.inFlight = 0;
    for (const sink of sinks) {
      sink.chunk(CHUNK);
      sink.end(END);
    }
  }

  reset = () => Promise.resolve();
  ping = () => Promise.resolve();
  close = () => Promise.resolve();
}

function open(max, pipelines) {
  const connector = { place: 'inline', load: 0, connect: async () => new AnsweringConnection() };
  const manager = new ConnectionManager({
    clock: systemClock,
    connectors: [connector],
    request: async () => ({}),
    resetMode: 'smart',
    roundTrip: new RoundTrip(),
  });
  const pool = createPool(manager, {
    name: 'Main',
    min: 0,
    max,
    maxQueue: 10_000,
    connectTimeoutMs: 1000,
    validationTimeoutMs: 1000,
    resetTimeoutMs: 1000,
    idleTimeoutMs: 60_000,
    maxLifetimeMs: 1_800_000,
    lifetimeJitter: 0.2,
    keepaliveMs: 120_000,
    validateAfterIdleMs: 1000,
    leakThresholdMs: 30_000,
  });
  const context = new CallContext({
    database: 'Main',
    target: 'db:5432',
    clock: systemClock,
    limits: {
      acquireTimeoutMs: 5000,
      statementTimeoutMs: 30_000,
      transactionTimeoutMs: 60_000,
      cancelTimeoutMs: 1000,
      maxRows: 0,
      maxBytes: 268_435_456,
    },
    onAnswer: () => {},
  });
  const executor = new DatabaseExecutor(pool, context, { warn: console.warn, pipelines });
  return { executor, database: new Database('Main', executor) };
}

async function measure(name, database, one) {
  const loop = async (calls) => {
    const worker = async () => {
      for (let n = 0; n < calls / CONCURRENCY; n++) await one(database);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  };
  await loop(CALLS / 3);
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    await loop(CALLS);
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / CALLS);
  }
  rounds.sort((a, b) => a - b);
  console.log(`${name.padEnd(44)} ${rounds[2].toFixed(2)} µs  (${rounds[0].toFixed(2)} to ${rounds[4].toFixed(2)})`);
}

/** The bench's own promises, loop and connection. */
const bare = new AnsweringConnection();
await measure('a promise and the connection alone', bare, (connection) => {
  const call = {};
  const promise = new Promise((resolve) => (call.resolve = resolve));
  connection.execute(undefined, undefined, {
    chunk: (chunk) => chunk.decode(0, 1, (call.rows = [])),
    end: () => call.resolve(call.rows),
  });
  return promise;
});

for (const { name, max, pipelines } of [
  { name: 'leases, as many as callers', max: 64, pipelines: 0 },
  { name: 'leases, 10 for 64 callers', max: 10, pipelines: 0 },
  { name: 'pipelines', max: 10, pipelines: 4 },
]) {
  const { database, executor } = open(max, pipelines);
  const statement = { text: 'select 1', parameters: [], touches: [], reads: true, plain: true };
  await measure(`${name}: executor.run`, executor, (each) => each.run(statement, {}));
  await measure(`${name}: database.query`, database, (each) => each.query('select 1'));
  await executor.close(0);
}
