// The bytes before a session: whatever the cuts, pg gets the handshake in whole messages and our reader gets what lies
// behind it; what pg's parser must not see never reaches it.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { WireError } from '@hydrogen/wire';
import { bytes, int16, int32, lying, message, says, text } from '../../../wire/test-support/backend-bytes.js';
import { HandshakeTap } from './handshake.js';

const sasl = (code: number, data: string | Buffer): Buffer => message('R', int32(code), Buffer.from(data));
const SCRAM = [sasl(10, 'SCRAM-SHA-256\0\0'), sasl(11, 'r=x,s=y,i=4096'), sasl(12, 'v=abc')];
const SETTINGS = [
  says.parameterStatus('server_version', '18.0'),
  says.notice('welcome'),
  says.backendKey(4711, -1),
  says.parameterStatus('TimeZone', 'UTC'),
];
const HANDSHAKE = Buffer.concat([...SCRAM, says.authenticationOk, ...SETTINGS, says.ready()]);

function pushed(stream: Buffer, cuts: readonly number[] = []): { forPg: Buffer; rest: Buffer } {
  const tap = new HandshakeTap();
  const parts: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts, stream.length]) {
    parts.push(tap.push(Buffer.from(stream.subarray(from, cut))));
    from = cut;
  }
  return { forPg: Buffer.concat(parts), rest: tap.rest };
}

describe('a handshake', () => {
  it('is cut off behind the first ReadyForQuery, wherever the network cut it', () => {
    const behind = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(behind, fc.array(fc.nat(HANDSHAKE.length + 60), { maxLength: 12 }), (more, at) => {
        const stream = Buffer.concat([HANDSHAKE, more]);
        const cuts = at.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b);
        const { forPg, rest } = pushed(stream, cuts);
        expect(forPg.equals(HANDSHAKE)).toBe(true);
        expect(rest.equals(more)).toBe(true);
      }),
    );
  });

  it('keeps what follows, also another ReadyForQuery', () => {
    const more = Buffer.concat([says.notification('a'), says.ready(), says.error('57P01')]);
    const each = Array.from({ length: HANDSHAKE.length + more.length }, (_, at) => at);
    for (const cuts of [[], each]) expect(pushed(Buffer.concat([HANDSHAKE, more]), cuts).rest.equals(more)).toBe(true);
  });

  it('is given to pg in whole messages only', () => {
    const tap = new HandshakeTap();
    const [first, second] = [says.authenticationOk, says.parameterStatus('a', 'b')];
    expect(tap.push(first.subarray(0, 3))).toHaveLength(0);
    expect(tap.push(Buffer.concat([first.subarray(3), second.subarray(0, 8)]))).toEqual(first);
    expect(tap.push(second.subarray(8))).toEqual(second);
  });

  it.each([
    ['trust', [says.authenticationOk]],
    ['a password in clear', [says.authenticationCleartext, says.authenticationOk]],
    ['MD5', [message('R', int32(5), Buffer.alloc(4, 7)), says.authenticationOk]],
    ['a refusal', [says.authenticationCleartext, says.error('28P01')]],
    ['SCRAM with channel binding', [sasl(10, 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0')]],
  ])('by %s is let through', (_, messages) => {
    const stream = Buffer.concat(messages);
    expect(pushed(stream).forPg.equals(stream)).toBe(true);
  });
});

describe('what is no handshake', () => {
  it.each([
    ['an ErrorResponse without its end', message('E', text('SFATAL'), text('C57P03'), text('Mx'))],
    ['an ErrorResponse without code', message('E', text('Mx'), bytes(0))],
    ['a NoticeResponse without its end', message('N', text('C00000'), text('Mx'))],
    ['a row', says.row('x')],
    ['a row of 65,535 cells', message('D', int16(-1))],
    ['CopyInResponse', says.copyIn(0)],
    ['an unknown letter', message('?')],
    ['a length of 3', lying('R', 3, int32(0))],
    ['a length of 1 GB', lying('S', 0x3fffffff)],
    ['half a request for authentication', message('R', int16(0))],
    ['AuthenticationOk with bytes too many', message('R', int32(0), bytes(0))],
    ['MD5 with half its salt', message('R', int32(5), bytes(1, 2))],
    ['mechanisms without end', sasl(10, 'SCRAM-SHA-256\0')],
    ['mechanisms with more behind the end', sasl(10, 'SCRAM-SHA-256\0\0\0')],
    ['mechanisms of no byte', sasl(10, '')],
    ['AuthenticationOk twice', Buffer.concat([says.authenticationOk, says.authenticationOk])],
    ['a session without authentication', says.ready()],
    ['an end of SCRAM without proof', Buffer.concat([...SCRAM.slice(0, 2), says.authenticationOk])],
    ['a key of another size', message('K', int32(1), Buffer.alloc(32))],
    ["a session of status 'X'", Buffer.concat([says.authenticationOk, says.ready('X')])],
    ['NegotiateProtocolVersion', message('v', int32(0), int32(0))],
    ['an answer of HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
  ])('%s is a WireError, and nothing for pg', (_, stream) => {
    const tap = new HandshakeTap();
    expect(() => tap.push(stream)).toThrow(WireError);
  });

  it('is also a method that pg does not know: its parser would throw', () => {
    for (const method of [2, 6, 7, 8, 9, 99]) {
      expect(() => pushed(message('R', int32(method), bytes(1)))).toThrow(
        /authentication method \d+; pg knows passwords/,
      );
    }
  });

  it('is also the plain line of a postmaster that can start no process', () => {
    const line = 'could not fork new process for connection: Resource temporarily unavailable';
    expect(() => pushed(Buffer.from(`E${line}\n\0`))).toThrow(line);
  });
});
