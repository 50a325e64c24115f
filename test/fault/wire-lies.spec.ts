// A hundred lies of a server, told by hand: during the handshake and after it. Each ends in a typed error within a second,
// the process lives, nothing stays open. Where a server merely falls silent, the caller's cancel and close are the end.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bytes, int16, int32, lying, message, says, text } from '../../libs/wire/test-support/backend-bytes.js';
import {
  batch,
  Call,
  openInline,
  requestTo,
  run,
  settled,
  start,
  within,
  type Connection,
  type ExecuteOptions,
  type Opened,
} from '../support/connection-calls.js';
import { NO_CODECS } from '../../libs/database/src/connection/type-options.js';
import { PostgresConnector } from '../../libs/database/src/postgres/postgres-connector.js';
import { eventually } from '../support/eventually.js';
import {
  honest,
  SETTINGS,
  startScriptedPostmaster,
  type ScriptedPostmaster,
  type ScriptedSession,
} from '../support/scripted-postmaster.js';

let postmaster: ScriptedPostmaster;
let opened: Opened | undefined;
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);

beforeAll(async () => {
  postmaster = await startScriptedPostmaster();
});
afterAll(() => postmaster.close());
beforeEach(() => {
  uncaught.length = 0;
  opened = undefined;
  process.on('uncaughtException', note).on('unhandledRejection', note);
});
afterEach(async () => {
  await opened?.connection.close(within(200));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('uncaughtException', note).off('unhandledRejection', note);
  expect(uncaught).toEqual([]);
  if (opened) {
    expect(opened.losses).toHaveLength(1);
    expect(opened.connection.inFlight).toBe(0);
  }
});

const where = () => ({ host: postmaster.host, port: postmaster.port, database: 'd', user: 'u', password: 'secret' });
async function session(): Promise<Connection> {
  opened = await openInline(where());
  return opened.connection;
}

type Lie = Buffer[] | ((session: ScriptedSession) => void);
const tell = (lie: Lie, to: ScriptedSession): void => (Array.isArray(lie) ? to.send(...lie) : lie(to));
const then = (lie: Buffer[], act: (to: ScriptedSession) => void) => (to: ScriptedSession) => {
  to.send(...lie);
  act(to);
};
const end = (to: ScriptedSession): void => to.end();
const reset = (to: ScriptedSession): void => void setTimeout(() => to.reset(), 5);
const endless = (each: Buffer) => (to: ScriptedSession) => {
  const block = Buffer.concat(Array<Buffer>(200).fill(each));
  const go = (): void => {
    if (!to.socket.destroyed) to.socket.write(block, () => setImmediate(go));
  };
  go();
};

const { parseComplete: P, bindComplete: B } = says;
const T = says.columns('a');
const D = says.row('1');
const C = says.complete('SELECT 1');
const Z = says.ready();
const cell = (length: number, ...rest: number[]): Buffer => message('D', int16(1), int32(length), bytes(...rest));
const NO_ROWS = [P, B, says.noData];
const prepared: Partial<ExecuteOptions> = { prepare: true };
const cursor: Partial<ExecuteOptions> = { fetchRows: 2 };

/** What answers one statement, and as what it ends. */
const LIES: readonly (readonly [string, Lie, Partial<ExecuteOptions>?, RegExp?])[] = [
  ['a row with more cells than described', [P, B, T, says.row('1', '2'), C, Z]],
  ['a row with fewer cells than described', [P, B, T, says.row(), C, Z]],
  ['a row of 65,535 cells in no bytes', [P, B, T, message('D', int16(-1)), C, Z]],
  ['a row without its number of cells', [P, B, T, message('D'), C, Z]],
  ['a cell of length -2', [P, B, T, cell(-2), C, Z]],
  ['a cell of length -2147483648', [P, B, T, cell(-2147483648), C, Z]],
  ['a cell longer than its row', [P, B, T, cell(5, 1, 2), C, Z]],
  ['a cell of 2 GB', [P, B, T, cell(0x7fffffff, 1, 2), C, Z]],
  ['a row with bytes behind its last cell', [P, B, T, cell(1, 49, 50), C, Z]],
  ['a row with half a length', [P, B, T, message('D', int16(1), int16(0)), C, Z]],
  ['a row of a statement without any', [...NO_ROWS, D, C, Z]],
  ['a row before BindComplete', [P, D, B, T, C, Z]],
  ['a row behind CommandComplete', [P, B, T, C, D, Z]],
  ['a row behind an error', [P, B, T, says.error('22012'), D, Z], {}, /DB_DATA/],
  ['a negative length', [P, B, lying('T', -1)]],
  ['a length of 0', [P, B, lying('T', 0)]],
  ['a length of 3', [P, lying('2', 3), Z]],
  ['a length of 1 GB and more', [P, B, T, lying('D', 0x7fffffff, int16(1))]],
  ['a row of almost 1 GB that does not come', then([P, B, T, lying('D', 0x3ffffff0, int16(1))], end), {}, /LOST/],
  ['a ReadyForQuery of 1 MB', [P, B, T, C, lying('Z', 1 << 20)]],
  ['an unknown letter', [P, B, T, message('~'), C, Z]],
  ['a letter of 0', [P, bytes(0, 0, 0, 0, 4), Z]],
  ['text where messages should be', [Buffer.from('FATAL:  the database system is on fire\n')]],
  ['Authentication after the handshake', [P, says.authenticationCleartext, Z]],
  ['AuthenticationOk after the handshake', [says.authenticationOk, P, B, T, D, C, Z]],
  ['BackendKeyData again', [P, says.backendKey(1, 2), B, T, D, C, Z]],
  ['NegotiateProtocolVersion', [message('v', int32(0), int32(0)), P, B, T, D, C, Z]],
  ['FunctionCallResponse', [message('V', int32(-1)), Z]],
  ['CopyBothResponse', [P, B, says.noData, message('W', bytes(0), int16(0)), Z]],
  ["ReadyForQuery of status 'X'", [P, B, T, D, C, says.ready('X')]],
  ['ReadyForQuery without a status', [P, B, T, D, C, message('Z')]],
  ['ReadyForQuery of two bytes', [P, B, T, D, C, message('Z', bytes(73, 73))]],
  ['ReadyForQuery at once', [Z]],
  ['ReadyForQuery before CommandComplete', [P, B, T, D, Z]],
  ['ReadyForQuery twice', then([P, B, T, D, C, Z, Z], () => {}), {}, /ok/],
  ['CommandComplete twice', [P, B, T, D, C, C, Z]],
  ['CommandComplete at once', [C, Z]],
  ['CommandComplete without its end', [P, B, T, D, message('C', Buffer.from('SELECT 1')), Z]],
  ['CommandComplete of two texts', [P, B, T, D, message('C', text('SELECT'), text('1')), Z]],
  ['an error without code', [P, message('E', text('SERROR'), text('Mx'), bytes(0)), Z]],
  ['an error without its end', [P, message('E', text('SERROR'), text('C22012'), text('Mx')), Z]],
  ['an error of no byte', [P, message('E'), Z]],
  ['an error with a text without end', [P, message('E', text('C22012'), Buffer.from('Mx')), Z]],
  ['an error twice', [P, says.error('22012'), says.error('22012'), Z], {}, /DB_DATA/],
  ['an error and then success', [P, says.error('22012'), B, T, D, C, Z], {}, /DB_DATA/],
  ['an error of an unknown class', [says.error('ZZZZZ'), Z], {}, /DB_QUERY/],
  ['an error that is no SQLSTATE', [says.error('nonsense!'), Z], {}, /DB_/],
  ['a FATAL error, and on as if nothing were', then([says.error('57P01', 'x', { V: 'FATAL' }), Z], end), {}, /DB_/],
  ['RowDescription of 65,535 columns in few bytes', [P, B, message('T', int16(-1), text('a'), Buffer.alloc(18))]],
  ['RowDescription of -1 columns and nothing', [P, B, message('T', int16(-1))]],
  ['RowDescription of a name without end', [P, B, message('T', int16(1), Buffer.alloc(64, 97))]],
  ['RowDescription of form 7', [P, B, says.columns({ name: 'a', format: 7 }), D, C, Z]],
  ['RowDescription twice', [P, B, T, T, D, C, Z]],
  ['RowDescription unasked', [T, P, B, D, C, Z]],
  ['NoData and then rows', [...NO_ROWS, D, D, C, Z]],
  ['NoData behind RowDescription', [P, B, T, says.noData, C, Z]],
  ['NoData before ParameterDescription', [P, says.noData, B, C, Z], prepared],
  ['RowDescription before ParameterDescription', [P, T, B, D, C, Z], prepared],
  ['ParameterDescription twice', [P, says.parameters([]), says.parameters([]), T, B, D, C, Z], prepared],
  ['ParameterDescription of more than it has', [P, message('t', int16(500), int32(23)), T, B, D, C, Z], prepared],
  ['ParameterDescription unasked', [P, says.parameters([]), B, T, D, C, Z]],
  ['BindComplete before the description', [P, B, says.parameters([]), T, D, C, Z], prepared],
  ['ParseComplete twice', [P, P, B, T, D, C, Z]],
  ['ParseComplete with a byte too many', [message('1', bytes(0)), B, T, D, C, Z]],
  ['BindComplete twice', [P, B, B, T, D, C, Z]],
  ['CloseComplete unasked', [says.closeComplete, P, B, T, D, C, Z]],
  ['the answers in another order', [C, D, T, B, P, Z]],
  ['EmptyQueryResponse before BindComplete', [P, says.emptyQuery, Z]],
  ['PortalSuspended without a limit', [P, B, T, D, says.portalSuspended, Z]],
  ['PortalSuspended twice', [P, B, T, D, says.portalSuspended, says.portalSuspended], cursor],
  ['CopyOutResponse unasked, and rows', [P, B, T, says.copyOut(), D, C, Z], {}, /DB_QUERY/],
  ['CopyOutResponse twice', [...NO_ROWS, says.copyOut(), says.copyOut(), Z], {}, /DB_QUERY/],
  ['CopyOutResponse and CommandComplete without CopyDone', [...NO_ROWS, says.copyOut(), C, Z], {}, /DB_QUERY/],
  ['CopyData unasked', [P, B, T, says.copyData('x'), C, Z]],
  ['CopyDone unasked', [P, B, T, says.copyDone, C, Z]],
  ['CopyInResponse of more columns than bytes', [...NO_ROWS, message('G', bytes(0), int16(99)), Z]],
  [
    'CopyInResponse, and then CopyData to the client',
    [...NO_ROWS, says.copyIn(), says.copyData('x'), Z],
    { copy: 'in' },
  ],
  ['CopyInResponse where data were to come', [...NO_ROWS, says.copyIn()], { copy: 'out' }, /DB_QUERY/],
  ['ParameterStatus without a value', [message('S', text('TimeZone')), P, B, T, D, C, Z]],
  ['ParameterStatus of 40,000 bytes', [lying('S', 40_000, text('a')), P, B, T, D, C, Z]],
  ['NotificationResponse of half a process', [message('A', int16(1)), P, B, T, D, C, Z]],
  ['NotificationResponse without end', [message('A', int32(1), Buffer.from('ch')), P, B, T, D, C, Z]],
  ['a notice without its end', [message('N', text('C00000'), text('Mx')), P, B, T, D, C, Z]],
  ['half a message and FIN', then([P, B, T.subarray(0, 9)], end), {}, /LOST/],
  ['half a header and FIN', then([P, B, T.subarray(0, 3)], end), {}, /LOST/],
  ['half a message and RST', then([P, B, T.subarray(0, 9)], reset), {}, /LOST/],
  ['FIN at once', end, {}, /LOST/],
  ['RST at once', reset, {}, /LOST/],
  ['FIN before ReadyForQuery', then([P, B, T, D, C], end), {}, /LOST/],
  ['an error and FIN before ReadyForQuery', then([P, says.error('22012')], end), {}, /DB_/],
  ['half a message and silence', [P, B, T.subarray(0, 9)], {}, /DB_CLOSING|LOST/],
  ['silence', [], {}, /DB_CLOSING|LOST/],
  ['silence before ReadyForQuery', [P, B, T, D, C], {}, /DB_CLOSING|LOST/],
  ['silence of a suspended cursor', [P, B, T, D, says.portalSuspended], cursor, /DB_CLOSING|LOST/],
  ['endless notices', endless(says.notice('x'.repeat(500))), {}, /DB_CLOSING|LOST/],
  ['endless notifications', endless(says.notification('x', 'y')), {}, /DB_CLOSING|LOST/],
  ['endless rows', (to) => (to.send(P, B, T), endless(says.row('x'.repeat(1000)))(to)), {}, /DB_CLOSING|LOST/],
  [
    'a row without end',
    (to) => (to.send(P, B, T, lying('D', 0x3fffffff)), endless(Buffer.alloc(2000))(to)),
    {},
    /DB_CLOSING|LOST/,
  ],
];

describe('after the handshake', () => {
  it.each(LIES)('%s ends in a typed error', async (_name, lie, options = {}, expected = /DB_PROTOCOL/) => {
    postmaster.play({ answer: (to, _flight, index) => index === 0 && tell(lie, to) });
    const c = await session();
    const startedAt = performance.now();
    const call = start(c, 'select 1 a', { prepare: false, ...options });
    if ((await settled(call.ended, 150)) === 'open') {
      // Silence: nobody but the caller can end it.
      void call.execution.cancel('signal');
      await c.close(within(300));
    }
    expect(await settled(call.ended, 500)).toBe('settled');
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(call.endings).toBe(1);
    if (call.error) expect(call.error.name).toMatch(/^Database\w*Error$/);
    expect(call.error?.code ?? 'ok').toMatch(expected);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(600 << 20);
  });

  it('a lie to one of many fails all of them, once each', async () => {
    postmaster.play({
      answer: (to, flight, index) => (index === 5 ? to.send(P, says.copyData('x')) : to.send(...honest(flight))),
    });
    const c = await session();
    const calls = Array.from({ length: 10 }, () => start(c, 'select 1 a', { prepare: false }));
    calls.push(...batch(c, ['select 1', 'select 2']));
    const outcomes = await Promise.all(calls.map((call) => call.ended.catch(() => call.error?.code)));
    expect(outcomes.map((each) => (typeof each === 'string' ? each : 'ok'))).toEqual([
      ...Array<string>(5).fill('ok'),
      ...Array<string>(7).fill('DB_PROTOCOL'),
    ]);
    expect(calls.map(({ endings }) => endings)).toEqual(Array(12).fill(1));
    expect(await start(c, 'select 1').failure()).toMatchObject({ code: 'DB_PROTOCOL', inDoubt: false });
  });

  it('a value that is not of its type fails the reader, not the process', async () => {
    const columns = says.columns({ name: 'a', typeOid: 23, format: 1 });
    postmaster.play({ answer: (to) => to.send(P, B, columns, says.row(Buffer.alloc(3)), C, Z) });
    const call = start(await session(), 'select 1 a', { prepare: false });
    await call.ended;
    expect(() => call.rows).toThrow(/int4/);
  });

  it('what comes while nothing was asked ends the connection, whatever it is', async () => {
    for (const [lie, code] of [
      [Z, 'DB_PROTOCOL'],
      [D, 'DB_PROTOCOL'],
      [C, 'DB_PROTOCOL'],
      [message('~'), 'DB_PROTOCOL'],
      [says.error('57P01'), 'DB_CONNECTION_LOST'],
    ] as const) {
      postmaster.play({});
      const { connection, losses } = await openInline(where());
      postmaster.current?.send(lie);
      if (code === 'DB_CONNECTION_LOST') postmaster.current?.end();
      await eventually(1000, () => losses.length > 0);
      expect(losses).toMatchObject([{ code }]);
      expect(connection.inFlight).toBe(0);
    }
  });
});

describe('between the handshake and the first statement', () => {
  const ask = (): Promise<unknown> =>
    new PostgresConnector('inline').connect(requestTo(where()), within(300), { lost: () => {} }, NO_CODECS).then(
      () => 'connected',
      (error: unknown) => error,
    );
  const pid = says.columns({ name: 'pid', typeOid: 23 }, { name: 'passed', typeOid: 16 });
  const binary = says.columns({ name: 'pid', typeOid: 23, format: 1 }, { name: 'passed', typeOid: 16 });

  it.each<[string, Lie, RegExp]>([
    ['FIN', end, /DB_CONNECTION_LOST/],
    ['RST', reset, /DB_CONNECTION_LOST/],
    ['silence', [], /DB_CONNECT_TIMEOUT/],
    ['half an answer', [P, P, B, pid], /DB_CONNECT_TIMEOUT/],
    ['nonsense', [message('~')], /DB_PROTOCOL/],
    ['an error', [says.error('58000'), Z], /DB_/],
    ['a FATAL error', then([says.error('57P01', 'bye', { V: 'FATAL' })], end), /DB_/],
    ['an answer of another shape', [P, P, B, T, D, C, says.closeComplete, Z], /connected/],
    [
      'a process id that is none',
      [P, P, B, binary, says.row(Buffer.alloc(3), 't'), C, says.closeComplete, Z],
      /DB_PROTOCOL/,
    ],
    ['no row', [P, P, B, pid, C, says.closeComplete, Z], /connected/],
  ])('%s ends in a connection or a typed error', async (_name, lie, expected) => {
    postmaster.play({ probe: (to) => tell(lie, to) });
    const startedAt = performance.now();
    const outcome = ask();
    expect(await settled(outcome, 1000)).toBe('settled');
    const seen = await outcome;
    expect(typeof seen === 'string' ? seen : (seen as { code?: string }).code).toMatch(expected);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    postmaster.current?.end();
  });

  it('what came in one packet with the end of the handshake is not lost', async () => {
    for (const [behind, code] of [
      [says.error('57P01', 'bye', { V: 'FATAL' }), 'DB_CONNECTION_LOST'],
      [D, 'DB_PROTOCOL'],
    ] as const) {
      postmaster.play({ startup: (to) => (to.send(says.authenticationOk, ...SETTINGS, Z, behind), to.end()) });
      expect(await ask()).toMatchObject({ code });
    }
  });
});

const SASL = (code: number, data: string): Buffer => message('R', int32(code), Buffer.from(data));
/** The second when the client has answered the first. */
const inTurn = (first: Buffer, second: Buffer) => (to: ScriptedSession) => {
  to.send(first);
  to.socket.once('data', () => to.send(second));
};
const FAILED = /DB_CONNECT_FAILED/;
/** What answers the startup message. */
const HANDSHAKES: readonly (readonly [string, Lie, RegExp?])[] = [
  ['FIN at once', end],
  ['RST at once', reset],
  ['silence', [], /DB_CONNECT_TIMEOUT/],
  ['half a message and FIN', then([says.authenticationOk.subarray(0, 6)], end)],
  ['half a message and silence', [says.authenticationOk.subarray(0, 6)], /DB_CONNECT_TIMEOUT/],
  ['silence before ReadyForQuery', [says.authenticationOk, ...SETTINGS], /DB_CONNECT_TIMEOUT/],
  ['a length of 1 GB', [lying('R', 0x40000000)]],
  ['a length of 0', [lying('R', 0)]],
  ['a message of 1 GB that goes on', (to) => (to.send(lying('N', 0x3fffffff)), endless(Buffer.alloc(2000))(to))],
  ['endless notices', endless(says.notice('x'.repeat(500))), /DB_CONNECT_TIMEOUT/],
  ['endless settings', endless(says.parameterStatus('a', 'b')), /DB_CONNECT_TIMEOUT/],
  ['an error without its end', [message('E', text('SFATAL'), text('C28P01'), text('Mx'))]],
  ['an error without code', [message('E', text('Mx'), bytes(0))]],
  ['an error of the password, and on', then([says.error('28P01'), says.authenticationOk, Z], end), /DB_AUTH_FAILED/],
  ['a plain line of an old server', [Buffer.from('Esorry, too many clients already\n\0')]],
  ['HTTP', [Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')]],
  ['an unknown letter', [message('~')]],
  ['a row', [says.authenticationOk, D]],
  ['a row of 65,535 cells in no bytes', [message('D', int16(-1))]],
  ['RowDescription', [says.authenticationOk, T]],
  ['CopyInResponse', [says.copyIn()]],
  ['CopyData', [says.copyData('x')]],
  ['CommandComplete', [says.authenticationOk, C]],
  ['ReadyForQuery without authentication', [...SETTINGS, Z]],
  ["ReadyForQuery of status 'X'", [says.authenticationOk, ...SETTINGS, says.ready('X')]],
  ['a notification', [says.authenticationOk, says.notification('a')]],
  ['BackendKeyData of 3 bytes', [says.authenticationOk, message('K', bytes(1, 2, 3)), Z]],
  ['BackendKeyData of 32 bytes', [says.authenticationOk, message('K', Buffer.alloc(32)), Z]],
  ['NegotiateProtocolVersion', [message('v', int32(196_608), int32(0))]],
  ['authentication by Kerberos', [message('R', int32(2))], /DB_AUTH_FAILED/],
  ['authentication by GSSAPI', [message('R', int32(7))], /DB_AUTH_FAILED/],
  ['authentication by a method of the future', [message('R', int32(99), bytes(1))], /DB_AUTH_FAILED/],
  ['authentication of no method', [message('R', int16(0))]],
  ['MD5 without a salt', [message('R', int32(5))]],
  ['SCRAM of no mechanism that exists', [SASL(10, 'ROT13\0\0')], /DB_AUTH_FAILED/],
  ['SCRAM of mechanisms without end', [SASL(10, 'SCRAM-SHA-256')]],
  ['SCRAM continued before it began', [SASL(11, 'r=x,s=eA==,i=4096')], /DB_/],
  ['SCRAM ended before it began', [SASL(12, 'v=eA==')], /DB_/],
  ['SCRAM continued with nonsense', inTurn(SASL(10, 'SCRAM-SHA-256\0\0'), SASL(11, 'nonsense')), /DB_AUTH_FAILED/],
  [
    "SCRAM with somebody else's nonce",
    inTurn(SASL(10, 'SCRAM-SHA-256\0\0'), SASL(11, 'r=x,s=eA==,i=4096')),
    /DB_AUTH_FAILED/,
  ],
  ['SCRAM without the proof of the server', [SASL(10, 'SCRAM-SHA-256\0\0'), says.authenticationOk, ...SETTINGS, Z]],
];

describe('during the handshake', () => {
  it.each(HANDSHAKES)('%s ends in a typed error', async (_name, lie, expected = FAILED) => {
    postmaster.play({ startup: (to) => tell(lie, to) });
    const connector = new PostgresConnector('inline');
    const startedAt = performance.now();
    const losses: unknown[] = [];
    const connecting = connector.connect(
      requestTo(where()),
      within(300),
      { lost: (e) => void losses.push(e) },
      NO_CODECS,
    );
    const error: unknown = await connecting.then(
      () => 'connected',
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: expect.stringMatching(expected) as unknown, database: 'Main' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(connector.load).toBe(0);
    expect(losses).toEqual([]);
    expect(String((error as Error).message)).not.toContain('secret');
  });

  it('an honest one ends in a session, by trust and by a password in clear', async () => {
    for (const cleartext of [false, true]) {
      postmaster.play({ cleartext });
      const { connection } = await openInline(where());
      expect(await run(connection, 'select 1 a')).toEqual([{ a: '1' }]);
      await connection.close(within(500));
    }
  });
});

describe('cancels', () => {
  it('that are not answered end the connection, for they may hit anything later', async () => {
    postmaster.play({ answer: () => {}, cancelled: () => false });
    const c = await session();
    const call = start(c, 'select 1');
    expect(await settled(call.execution.cancel('signal'), 4000)).toBe('settled');
    expect(await call.failure()).toMatchObject({ code: 'DB_CONNECTION_LOST' });
  });

  it('that overtake their statement are sent again', async () => {
    const before = postmaster.cancels;
    postmaster.play({
      answer: () => {},
      cancelled: (to) => {
        if (postmaster.cancels - before === 2) to?.send(says.error('57014'), Z);
        return true;
      },
    });
    const call = start(await session(), 'select 1');
    await call.execution.cancel('signal');
    expect(await call.failure()).toMatchObject({ sqlState: '57014' });
    expect(postmaster.cancels - before).toBe(2);
  });

  it('that hit a neighbour whose answer comes after the request was closed send it again, unseen', async () => {
    let flights = 0;
    postmaster.play({
      answer: (to, flight) => {
        flights++;
        // The doomed one ends by itself; its neighbour is hit, and the news of that is late.
        if (flights === 2) setTimeout(() => to.send(says.error('57014'), Z), 100);
        else if (flights > 2) to.send(...honest(flight));
      },
      cancelled: (to) => (to?.send(P, B, T, D, C, Z), true),
    });
    const c = await session();
    const doomed = start(c, 'select 1 a', { prepare: false, shared: true });
    const neighbour = start(c, 'select 2 a', { prepare: false, shared: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await doomed.execution.cancel('signal');
    expect(await neighbour.all()).toEqual([{ a: '1' }]);
    expect(flights).toBe(3);
    expect(doomed.endings).toBe(1);
  });
});

it('a reader that leaves the last chunks unread does not stop the socket for the next', async () => {
  const big = says.row('x'.repeat(70_000));
  postmaster.play({
    answer: (to, flight, index) => {
      if (index > 0) return to.send(...honest(flight));
      to.send(P, B, T, big, big, big);
      // The fourth chunk and the end come in one piece.
      setTimeout(() => to.send(big.subarray(0, 60_000)), 30);
      setTimeout(() => to.send(Buffer.concat([big.subarray(60_000), C, Z])), 60);
    },
  });
  const c = await session();
  const unread = start(c, 'select 1 a', { prepare: false }, new Call(false));
  await unread.ended;
  expect(unread.chunks).toHaveLength(4);
  expect(await settled(run(c, 'select 1 a', [], { prepare: false }), 1000)).toBe('settled');
});
