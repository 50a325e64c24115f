// How a connection uses its socket: what leaves when, and what becomes of what could not leave. Its answers are in the contract
// suite, its troubles in test/fault.
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { says } from '../../../wire/test-support/backend-bytes.js';
import { NO_LIMITS } from '../connection/connection.js';
import type { ExecuteOptions, ResultEnd } from '../connection/execution.js';
import { NO_CODECS } from '../connection/type-options.js';
import type { DatabaseError } from '../errors/database.error.js';
import { command } from '../query/statement.js';
import { typeMapOf } from './decode.js';
import { PostgresConnection } from './postgres-connection.js';

class Wire extends Duplex {
  readonly written: string[] = [];

  constructor() {
    super({ allowHalfOpen: false, read: () => {}, final: (done) => done() });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk.toString('latin1'));
    done();
  }

  answer(...messages: Buffer[]): void {
    this.push(Buffer.concat(messages));
  }
}

function connect(rest: Buffer = Buffer.alloc(0)) {
  const wire = new Wire();
  const losses: DatabaseError[] = [];
  const connection = new PostgresConnection(wire as unknown as Socket, rest, {
    database: 'Main',
    info: { place: 'inline', processId: 1, address: 'a', serverVersion: '18' },
    capabilities: { pipelineDepth: Infinity, prepared: true, ownSession: true },
    cancelTarget: { host: '127.0.0.1', port: 1, processId: 1, secretKey: 1 },
    types: typeMapOf('pg', NO_CODECS),
    destination: 'here',
    preparedCacheSize: 10,
    events: { lost: (error) => void losses.push(error) },
  });
  const run = (text: string, more: Partial<ExecuteOptions> = {}): Promise<ResultEnd | DatabaseError> =>
    new Promise((resolve) => {
      const options = { form: 'rows', limits: NO_LIMITS, prepare: false, ...more } as const;
      connection.execute(command(text), options, { chunk: () => {}, end: resolve, fail: resolve });
    });
  return { wire, connection, losses, run };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const answer = [says.parseComplete, says.bindComplete, says.noData, says.complete('SET'), says.ready()];

describe('writes', () => {
  it('of one turn leave as one', async () => {
    const { wire, run, connection } = connect();
    const all = [run('a'), run('b'), run('c')];
    expect(wire.written).toEqual([]);
    await turn();
    expect(wire.written).toHaveLength(1);
    expect(wire.written[0]?.match(/P....\0[abc]\0/gs)).toHaveLength(3);
    expect(connection.inFlight).toBe(3);
    wire.answer(...answer, ...answer, ...answer);
    await Promise.all(all);
    expect(connection.inFlight).toBe(0);
  });

  it('that answers lead to leave together as well', async () => {
    const { wire, run } = connect();
    const both = [run('a').then(() => run('c')), run('b').then(() => run('d'))];
    await turn();
    wire.answer(...answer, ...answer);
    await turn();
    expect(wire.written).toHaveLength(2);
    wire.answer(...answer, ...answer);
    await Promise.all(both);
  });

  it('end with a Terminate and the socket', async () => {
    const { wire, connection, losses } = connect();
    await connection.close({ budgetMs: 1000, signal: new AbortController().signal });
    expect(wire.written.at(-1)).toBe('X\0\0\0\x04');
    expect(losses).toHaveLength(1);
  });
});

describe('an end', () => {
  it('is not in doubt about what came after the socket broke', async () => {
    const { wire, run, losses, connection } = connect();
    const before = run('a');
    await turn();
    wire.destroy(new Error('read ECONNRESET'));
    const after = run('b');
    expect(await before).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: true });
    expect(await after).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: false });
    expect(losses).toHaveLength(1);
    expect(connection.inFlight).toBe(0);
  });

  it('that the server told behind the handshake has its words', async () => {
    const { wire, losses } = connect(says.error('57P01', 'bye', { V: 'FATAL' }));
    wire.push(null);
    await turn();
    await turn();
    expect(losses[0]?.message).toMatch(/bye/);
  });

  it('writes nothing more, whatever is still going on', async () => {
    const { wire, connection } = connect();
    const sink = { chunk: () => {}, end: () => {}, fail: () => {} };
    const options = { form: 'rows', limits: NO_LIMITS, prepare: false, copy: 'in' } as const;
    const copy = connection.execute(command('copy t from stdin'), options, sink);
    wire.answer(says.parseComplete, says.bindComplete, says.noData, says.copyIn(0));
    wire.end();
    copy.copyData(Buffer.from('x'));
    copy.copyEnd();
    await turn();
    expect(wire.errored).toBeNull();
    wire.destroy();
    await turn();
  });
});
