// Recorded sessions of a real server, mutated and played to a connection: every call ends once, in a value or a typed error,
// within a second; nothing is thrown where nobody listens, and no memory is taken for a lie.
// Longer: WIRE_FUZZ_MUTATIONS=1000000 npm test -- test/fault/wire-fuzz   Again: WIRE_FUZZ_SEED=… as the failure told.
import { Duplex } from 'node:stream';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_CODECS } from '../../libs/database/src/connection/type-options.js';
import { DatabaseError } from '../../libs/database/src/errors/database.error.js';
import { typeMapOf } from '../../libs/database/src/postgres/decode.js';
import { HandshakeTap } from '../../libs/database/src/postgres/handshake.js';
import { PostgresConnection } from '../../libs/database/src/postgres/postgres-connection.js';
import { WireError } from '../../libs/wire/src/index.js';
import { says } from '../../libs/wire/test-support/backend-bytes.js';
import { batch, Call, openInline, settled, start, statement, type Connection } from '../support/connection-calls.js';
import { startRecorder } from '../support/recording-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/server.js';
import { messagesOf, mutate, randomBy } from '../support/wire-mutations.js';

const MUTATIONS = Number(process.env['WIRE_FUZZ_MUTATIONS'] ?? 10_000);
const SEED = Number(process.env['WIRE_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);

/** Asks at once for all of a phase; whoever has to answer the server does so within the call. */
type Phase = (connection: Connection) => readonly Call[];

class Fetching extends Call {
  override suspended(): void {
    super.suspended();
    this.execution.fetch();
  }
}

class Sending extends Call {
  override writable(): void {
    super.writable();
    for (let n = 0; n < 3; n++) this.execution.copyData(Buffer.from(`${n}\tx\n`));
    this.execution.copyEnd();
  }
}

const TYPES = `select n, n::int2 i2, n::int8 * 3000000000 i8, n / 7.0::float8 f8, (n / 3.0)::float4 f4, n::numeric / 9 num, n > 2 b, 'é' || n t,
  ('\\x' || lpad(to_hex(n), 8, '0'))::bytea by, date '2000-01-01' + n d, timestamp '1999-12-31 23:59:59.1' ts, now() tz, array[n, null] ia,
  array['a', 'b"c'] ta, json_build_object('a', n) j, jsonb_build_array(n) jb, md5(n::text)::uuid u, n * interval '1 day' iv, null::int x,
  point(n, 1) p, n::oid o from generate_series(1, 6) n`;
const ONCE = { prepare: false };

const SESSIONS: Readonly<Record<string, readonly Phase[]>> = {
  pipeline: [
    (c) => [
      start(c, 'drop table if exists t'),
      start(c, 'create table t (a int primary key, b text)'),
      start(c, "insert into t values (1, 'x'), (2, null) returning *"),
      start(c, 'listen news'),
      start(c, "select pg_notify('news', 'payload')"),
      start(c, 'insert into t values (1)'),
      start(c, 'select nonsense', ONCE),
      start(c, 'select 1 / 0 as x'),
      start(c, ''),
      start(c, "do $$ begin raise notice 'hear %', 1; end $$"),
      start(c, "set timezone to 'Europe/Berlin'"),
      start(c, "select repeat('y', 30000) long", { shared: true }),
      start(c, statement('select $1::text a, $2::int b', ['é', null]), { shared: true }),
      ...batch(c, ['select 1', 'update t set b = $$z$$', 'select * from t']),
      ...batch(c, ['select 1', 'select 1 / 0', 'select 2']),
      start(c, 'select a from t', { prelude: [statement("select set_config('app.x', 'y', true)")] }),
      start(c, 'select 1', { prelude: [statement('set local nonsense = 1')] }),
    ],
  ],
  prepared: [
    (c) => [start(c, TYPES), start(c, 'select 1 a')],
    (c) => [
      start(c, TYPES),
      start(c, 'deallocate all'),
      start(c, 'select 1 a'),
      start(c, TYPES),
      start(c, 'select 2 b'),
    ],
  ],
  transaction: [
    (c) => [
      start(c, 'create temp table q as select n from generate_series(1, 3) n', { prelude: [statement('begin')] }),
    ],
    (c) => [
      start(c, 'select * from q'),
      start(c, 'select 1 / 0'),
      start(c, 'select 1'),
      start(c, 'rollback'),
      start(c, 'select 3 d'),
    ],
  ],
  cursor: [
    (c) => [start(c, 'select n, md5(n::text) m from generate_series(1, 25) n', { fetchRows: 4 }, new Fetching())],
  ],
  'cursor that fails': [
    (c) => [start(c, 'select 1 / (9 - n) from generate_series(1, 25) n', { fetchRows: 4 }, new Fetching())],
  ],
  'copy in': [
    (c) => [start(c, 'create temp table u (a int, b text)')],
    (c) => [start(c, 'copy u from stdin', { copy: 'in' }, new Sending())],
    (c) => [start(c, 'copy u from stdin')],
  ],
  'copy out': [(c) => [start(c, "copy (select n, 'x' from generate_series(1, 30) n) to stdout", { copy: 'out' })]],
};

interface Recording {
  readonly name: string;
  readonly phases: readonly { readonly ask: Phase; readonly said: readonly Buffer[] }[];
  /** How each call ended, in order. */
  readonly outcomes: readonly unknown[];
}

const outcomeOf = (call: Call): unknown => call.error?.sqlState ?? call.error?.code ?? call.rows;

async function record(target: TestDatabase, name: string, phases: readonly Phase[]): Promise<Recording> {
  const recorder = await startRecorder(target);
  const { connection } = await openInline({ ...target, host: recorder.host, port: recorder.port });
  recorder.take();
  const said: Recording['phases'][number][] = [];
  const outcomes: unknown[] = [];
  for (const ask of phases) {
    const calls = ask(connection);
    await Promise.allSettled(calls.map((call) => call.ended));
    outcomes.push(...calls.map((call) => (call.chunks[0]?.rowCount === 0 ? 'bytes' : outcomeOf(call))));
    said.push({ ask, said: messagesOf(recorder.take()) });
  }
  await connection.close({ budgetMs: 1000, signal: new AbortController().signal });
  await recorder.close();
  return { name, phases: said, outcomes };
}

/** A socket whose other end is this test; what the client writes is thrown away. */
class Wire extends Duplex {
  constructor() {
    super({
      allowHalfOpen: false,
      read: () => {},
      write: (_chunk, _encoding, done) => done(),
      final: (done) => done(),
    });
  }
}

let closedPort = 0;

function connectTo(wire: Wire): { connection: PostgresConnection; losses: DatabaseError[] } {
  const losses: DatabaseError[] = [];
  const connection = new PostgresConnection(wire as unknown as Socket, Buffer.alloc(0), {
    database: 'Main',
    info: { place: 'inline', processId: 1, address: 'recorded', serverVersion: '18' },
    capabilities: { pipelineDepth: Infinity, prepared: true, ownSession: true },
    cancelTarget: { host: '127.0.0.1', port: closedPort, processId: 1, secretKey: 1 },
    types: typeMapOf('pg', NO_CODECS),
    destination: 'here',
    preparedCacheSize: 100,
    events: { lost: (error) => void losses.push(error) },
  });
  return { connection, losses };
}

type Ending = 'FIN' | 'RST' | 'silence';
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function feed(wire: Wire, bytes: Buffer, random: () => number): void {
  for (let at = 0; at < bytes.length && !wire.destroyed;) {
    const size = random() < 0.6 ? bytes.length : 1 + Math.floor(random() * 400);
    wire.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
}

/** Plays a recording. @returns what is wrong with how it ended */
async function play(
  { phases }: Recording,
  said: readonly Buffer[],
  ending: Ending,
  random: () => number,
): Promise<{ faults: string[]; calls: readonly Call[] }> {
  const wire = new Wire();
  const { connection, losses } = connectTo(wire);
  const calls: Call[] = [];
  for (const [index, { ask }] of phases.entries()) {
    calls.push(...ask(connection));
    feed(wire, said[index] ?? Buffer.alloc(0), random);
    // What was answered has to be heard before more is asked.
    if (index < phases.length - 1) await turn();
  }
  const open = (): Call[] => calls.filter(({ endings }) => endings === 0);
  if (ending === 'FIN') wire.push(null);
  else if (ending === 'RST') wire.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  else {
    for (const call of open()) void call.execution.cancel('signal');
    await connection.close({ budgetMs: 20, signal: new AbortController().signal });
  }
  for (let n = 0; n < 20 && (open().length > 0 || losses.length === 0); n++) await turn();
  if (open().length > 0) await settled(Promise.all(calls.map((call) => call.ended.catch(() => {}))), 1000);
  const faults: string[] = [];
  if (open().length > 0) faults.push(`${open().length} calls stay open`);
  if (losses.length !== 1) faults.push(`lost ${losses.length} times`);
  if (connection.inFlight !== 0) faults.push(`${connection.inFlight} in flight`);
  for (const call of calls) {
    if (call.endings > 1) faults.push(`ended ${call.endings} times`);
    if (call.error && !(call.error instanceof DatabaseError)) faults.push(`an error of no type: ${String(call.error)}`);
    try {
      void (call.chunks[0]?.rowCount === 0 || call.rows);
    } catch (error) {
      if (!(error instanceof WireError)) faults.push(`a reader hears ${String(error)}`);
    }
  }
  return { faults, calls };
}

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
let recordings: Recording[];

beforeAll(async () => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
  const target = await createTestDatabase('fuzz');
  recordings = [];
  for (const [name, phases] of Object.entries(SESSIONS)) recordings.push(await record(target, name, phases));
  await target.drop();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closedPort = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
}, 60_000);
afterAll(() => void process.off('uncaughtException', note).off('unhandledRejection', note));

describe('a recorded session', () => {
  it('as it was ends as it did, however it is cut', async () => {
    const random = randomBy(SEED);
    for (const recording of recordings) {
      for (let times = 0; times < 5; times++) {
        const said = recording.phases.map((phase) => Buffer.concat(phase.said));
        const { faults, calls } = await play(recording, said, 'FIN', random);
        expect(faults).toEqual([]);
        expect(calls.map((call) => (call.chunks[0]?.rowCount === 0 ? 'bytes' : outcomeOf(call)))).toEqual(
          recording.outcomes,
        );
      }
    }
  });

  it(
    `mutated ${MUTATIONS} times ends in values and typed errors, each call once (seed ${SEED})`,
    async () => {
      const random = randomBy(SEED);
      const all = recordings.flatMap(({ phases }) => phases.flatMap(({ said }) => said));
      const memory = process.memoryUsage();
      const tally: Record<string, number> = {};
      let longest = 0;
      let most = 0;
      for (let n = 0; n < MUTATIONS; n++) {
        const recording = recordings[Math.floor(random() * recordings.length)] as Recording;
        const phase = Math.floor(random() * recording.phases.length);
        const said: Buffer[] = recording.phases.map((each) => Buffer.concat(each.said));
        const mutation = mutate(recording.phases[phase]?.said ?? [], all, random);
        said[phase] = mutation[1];
        // Silence needs a clock, and is as good seldom.
        const luck = random();
        const ending: Ending = luck < 0.02 ? 'silence' : luck < 0.2 ? 'RST' : 'FIN';
        const startedAt = performance.now();
        const { faults, calls } = await play(recording, said, ending, random);
        longest = Math.max(longest, performance.now() - startedAt);
        if (faults.length > 0 || uncaught.length > 0) {
          const what = `${mutation[0]} in phase ${phase} of '${recording.name}', then ${ending}, number ${n} of seed ${SEED}`;
          throw new Error(`${what}: ${[...faults, ...uncaught.map(String)].join('; ')}`);
        }
        for (const call of calls) {
          const end = call.error ? (call.error.sqlState ? 'a server’s error' : call.error.code) : 'a value';
          tally[end] = (tally[end] ?? 0) + 1;
        }
        if (n % 100 === 0) most = Math.max(most, process.memoryUsage().rss - memory.rss);
      }
      expect(longest).toBeLessThan(1000);
      expect(most).toBeLessThan(500 << 20);
      for (const end of ['a value', 'a server’s error', 'DB_PROTOCOL', 'DB_CONNECTION_LOST']) {
        expect(tally[end]).toBeGreaterThan(MUTATIONS / 100);
      }
      expect(uncaught).toEqual([]);
    },
    60_000 + MUTATIONS * 10,
  );
});

describe('a handshake', () => {
  it(`mutated ${MUTATIONS} times is let through in whole messages, or refused (seed ${SEED})`, () => {
    const random = randomBy(SEED);
    const messages = [
      says.authenticationCleartext,
      says.authenticationOk,
      says.parameterStatus('server_version', '18.0'),
      says.notice('hello'),
      says.backendKey(1, 2),
      says.ready(),
      says.notification('a', 'b'),
    ];
    const all = recordings.flatMap(({ phases }) => phases.flatMap(({ said }) => said));
    for (let n = 0; n < MUTATIONS; n++) {
      const [, bytes] = mutate(messages, all, random);
      const tap = new HandshakeTap();
      let forPg = 0;
      try {
        for (let at = 0; at < bytes.length;) {
          const size = 1 + Math.floor(random() * 60);
          const whole = tap.push(bytes.subarray(at, at + size));
          expect(messagesOf(whole).reduce((sum, each) => sum + each.length, 0)).toBe(whole.length);
          forPg += whole.length;
          at += size;
        }
        expect(forPg + tap.rest.length).toBe(bytes.length);
      } catch (error) {
        if (!(error instanceof WireError) && !/authentication method|^[ -~]*$/.test((error as Error).message))
          throw error;
        if (error instanceof RangeError || error instanceof TypeError) throw error;
      }
    }
  });
});
