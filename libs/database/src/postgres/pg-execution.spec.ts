// One statement on a wire that a test plays: what it sends, what it holds back, and what it is when it has settled.
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { rejection } from '../../test-support/failure.js';
import { statement } from '../../test-support/fake-connection.js';
import { NO_LIMITS } from '../connection/connection.js';
import { CHUNK_BYTES, CHUNK_WINDOW, type CancelReason, type Limits } from '../connection/execution.js';
import { connectionLost } from './error.mapper.js';
import { PgExecution } from './pg-execution.js';
import type { PgWire } from './pg-internals.js';

class FakeWire {
  readonly sent: string[] = [];
  paused = false;
  readonly stream = {
    cork: () => this.sent.push('cork'),
    uncork: () => this.sent.push('uncork'),
    pause: () => (this.paused = true),
    resume: () => (this.paused = false),
    isPaused: () => this.paused,
  };
  bound: readonly unknown[] = [];
  parse = ({ text }: { text: string }): number => this.sent.push(`parse ${text}`);
  bind = ({ values }: { values: readonly unknown[] }): number => {
    this.bound = values;
    return this.sent.push('bind');
  };
  describe = (): number => this.sent.push('describe');
  execute = (): number => this.sent.push('execute');
  sync = (): number => this.sent.push('sync');
  sendCopyFail = (): number => this.sent.push('copy fail');
}

function bench(limits: Limits = NO_LIMITS): { wire: FakeWire; execution: PgExecution; cancels: CancelReason[] } {
  const cancels: CancelReason[] = [];
  const owner = {
    database: 'Main',
    cancel: (_execution: PgExecution, reason: CancelReason) => Promise.resolve(void cancels.push(reason)),
  };
  const execution = new PgExecution({ ...statement('select $1'), parameters: ['1'] }, limits, owner);
  return { wire: new FakeWire(), execution, cancels };
}
const submit = ({ wire, execution }: ReturnType<typeof bench>): void =>
  void execution.submit(wire as unknown as PgWire);
const FIELD = { name: 'n', tableID: 1, columnID: 2, dataTypeID: 23, dataTypeModifier: -1 };
const server = (code: string): Error => Object.assign(new Error('m'), { severity: 'ERROR', code });
const row = (length = 10): { fields: string[]; length: number } => ({ fields: ['7'], length });

describe('what is sent', () => {
  it('is the whole statement in one flight', () => {
    const on = bench();
    expect(on.execution.sent).toBe(false);
    submit(on);
    expect(on.wire.sent).toEqual(['cork', 'parse select $1', 'bind', 'describe', 'execute', 'sync', 'uncork']);
    expect(on.execution.sent).toBe(true);
  });

  it('is a bare Sync for a ping', () => {
    const wire = new FakeWire();
    new PgExecution(undefined, NO_LIMITS, { database: 'Main', cancel: () => Promise.resolve() }).submit(
      wire as unknown as PgWire,
    );
    expect(wire.sent).toEqual(['sync']);
  });

  it('has bytes in binary form, which pg knows by the Buffer', () => {
    const bytes = new Uint8Array(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2);
    const wire = new FakeWire();
    const parameters = [bytes, Buffer.from([3]), 'text', null];
    new PgExecution({ ...statement(), parameters }, NO_LIMITS, {
      database: 'Main',
      cancel: () => Promise.resolve(),
    }).submit(wire as unknown as PgWire);
    expect(wire.bound).toEqual([Buffer.from([1, 2]), Buffer.from([3]), 'text', null]);
    expect(Buffer.isBuffer(wire.bound[0])).toBe(true);
  });
});

describe('the end', () => {
  it.each([
    ['SELECT 3', 'SELECT', 3],
    ['INSERT 0 5', 'INSERT', 5],
    ['UPDATE 0', 'UPDATE', 0],
    ['CREATE TABLE', 'CREATE TABLE', null],
    ['BEGIN', 'BEGIN', null],
    ['', '', null],
  ])('by the tag %j is %s with the count %p', async (text, command, rowCount) => {
    const on = bench();
    submit(on);
    on.execution.handleRowDescription({ fields: [FIELD] });
    on.execution.handleCommandComplete({ text });
    on.execution.settle();
    expect(await on.execution.end).toEqual({
      command,
      rowCount,
      fields: [{ name: 'n', tableOid: 1, column: 2, typeOid: 23, typeModifier: -1 }],
    });
  });

  it('does not come before ReadyForQuery, also not as an error', async () => {
    const on = bench();
    submit(on);
    on.execution.handleError(server('23505'));
    expect(on.execution.settled).toBe(false);
    on.execution.settle();
    expect((await rejection(on.execution.end)).code).toBe('DB_UNIQUE');
  });

  it.each(['08006', '57P01', '25P03'])(
    'by an error of the server that it answered in full (%s) is never in doubt',
    async (code) => {
      const on = bench();
      submit(on);
      on.execution.handleError(server(code));
      on.execution.settle();
      expect((await rejection(on.execution.end)).inDoubt).toBe(false);
    },
  );

  it('by an error of the server that was followed by silence is in doubt', async () => {
    const on = bench();
    submit(on);
    on.execution.handleError(server('57P01'));
    on.execution.abandon(connectionLost('Main', true, new Error('end')));
    expect(await rejection(on.execution.end)).toMatchObject({ sqlState: '57P01', inDoubt: true });
  });

  it('of what was never sent is the error it is abandoned with', async () => {
    const on = bench();
    on.execution.abandon(connectionLost('Main', false, new Error('end')));
    expect(await rejection(on.execution.end)).toMatchObject({ code: 'DB_CONNECTION_LOST', inDoubt: false });
  });
});

describe('a message of the server', () => {
  /** Everything that a caller can print of the error, when a statement with these parameters failed so. */
  async function said(text: string, parameters: readonly string[], error: object): Promise<string> {
    const owner = { database: 'Main', cancel: () => Promise.resolve() };
    const execution = new PgExecution({ ...statement(text), parameters }, NO_LIMITS, owner);
    execution.submit(new FakeWire() as unknown as PgWire);
    execution.handleError(Object.assign(new Error(), { severity: 'ERROR' }, error));
    execution.settle();
    const failure = await rejection(execution.end);
    return `${failure.message} ${failure.stack} ${inspect(failure, { depth: 9, showHidden: true })}`;
  }

  // Seen on PostgreSQL 18: these quote the parameter's value, or what became of it, and are not of class 22.
  it.each([
    ['select to_tsquery($1)', 'canary & ', { code: '42601', message: 'no operand in tsquery: "canary & "' }],
    ['select $1::regclass', 'canary', { code: '42P01', message: 'relation "canary" does not exist' }],
    ['select $1::regclass', 'Canary', { code: '42P01', message: 'relation "canary" does not exist' }],
    ['select $1::regtype', 'int canary', { code: '42601', message: 'syntax error at or near "canary"', position: '5' }],
    ["select set_config($1, '', true)", 'canary', { code: '42704', message: 'unrecognized parameter "canary"' }],
  ])('that quotes a parameter is blanked, whatever its class: %s with %s', async (text, value, error) => {
    expect(await said(text, [value], error)).not.toContain('canary');
  });

  it('costs no time to speak of, however large the parameters: an error is no reason to stand still', async () => {
    const large = Array.from({ length: 1_300_000 }, (_, n) => `w${n * 7919}`).join(' ');
    const startedAt = performance.now();
    await said('insert into t values ($1)', [large], { code: '23505', message: 'constraint "key"', constraint: 'key' });
    expect(performance.now() - startedAt).toBeLessThan(400);
  });

  it.each([
    ['select * from missing', [], { code: '42P01', message: 'relation "missing" does not exist' }],
    ['select * from Missing where n = $1', ['1'], { code: '42P01', message: 'relation "missing" does not exist' }],
    ['insert into t values ($1)', ['1'], { code: '23505', message: 'constraint "missing"', constraint: 'missing' }],
  ])('keeps the names that it quotes from the text or the schema: %s', async (text, parameters, error) => {
    expect(await said(text, parameters, error)).toContain('"missing"');
  });
});

describe('rows', () => {
  it('are handed on in chunks by size, the rest at the end', async () => {
    const on = bench();
    submit(on);
    on.execution.handleRowDescription({ fields: [FIELD] });
    for (let n = 0; n < 3; n++) on.execution.handleDataRow(row(CHUNK_BYTES / 2));
    on.execution.settle();
    expect([(await on.execution.next())?.rowCount, (await on.execution.next())?.rowCount]).toEqual([2, 1]);
    expect(await on.execution.next()).toBeUndefined();
  });

  it('that nobody reads stop the socket at the window; reading starts it again', async () => {
    const on = bench();
    submit(on);
    on.execution.handleRowDescription({ fields: [FIELD] });
    for (let n = 1; n <= CHUNK_WINDOW; n++) {
      expect(on.wire.paused).toBe(false);
      on.execution.handleDataRow(row(CHUNK_BYTES));
    }
    expect(on.wire.paused).toBe(true);
    await on.execution.next();
    expect(on.wire.paused).toBe(false);
  });

  it('that nobody wants any more start the socket again: ReadyForQuery has to come', () => {
    const on = bench();
    submit(on);
    on.execution.handleRowDescription({ fields: [FIELD] });
    for (let n = 1; n <= CHUNK_WINDOW; n++) on.execution.handleDataRow(row(CHUNK_BYTES));
    on.execution.discard();
    expect(on.wire.paused).toBe(false);
  });

  it.each<[string, Limits, number]>([
    ['maxRows', { maxRows: 2, maxBytes: 0 }, 3],
    ['maxBytes', { maxRows: 0, maxBytes: 25 }, 3],
  ])('beyond %s end the statement, once', async (_limit, limits, enough) => {
    const on = bench(limits);
    submit(on);
    on.execution.handleRowDescription({ fields: [FIELD] });
    for (let n = 0; n < enough - 1; n++) on.execution.handleDataRow(row());
    expect(on.cancels).toEqual([]);
    for (let n = 0; n < 5; n++) on.execution.handleDataRow(row());
    expect(on.cancels).toEqual(['limit']);
    on.execution.handleError(server('57014'));
    on.execution.settle();
    expect((await rejection(on.execution.end)).code).toBe('DB_RESULT_TOO_LARGE');
  });
});

describe('COPY', () => {
  it('from the client is refused, and the Sync that the server swallowed is sent again', async () => {
    const on = bench();
    submit(on);
    on.wire.sent.length = 0;
    on.execution.handleCopyInResponse(on.wire as unknown as PgWire);
    expect(on.wire.sent).toEqual(['copy fail', 'sync']);
    on.execution.handleError(server('57014'));
    on.execution.settle();
    expect((await rejection(on.execution.end)).message).toMatch(/COPY cannot be run by query/);
  });

  it('to the client is cancelled, once', async () => {
    const on = bench();
    submit(on);
    on.execution.handleCopyData();
    on.execution.handleCopyData();
    expect(on.cancels).toEqual(['limit']);
    on.execution.settle();
    expect((await rejection(on.execution.end)).code).toBe('DB_QUERY');
  });
});
