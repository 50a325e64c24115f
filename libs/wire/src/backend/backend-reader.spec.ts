// From the server's bytes to events: every message whole and in any pieces, and what no server may send. The cuts of a
// network are made up by a generator.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bytes, int16, int32, lying, message, says, text } from '../../test-support/backend-bytes.js';
import { WireError } from '../errors/wire.error.js';
import type { BackendHandler } from './backend-messages.js';
import { BackendReader } from './backend-reader.js';

type Event = readonly [name: string, ...values: unknown[]];

/** Writes down what it hears. */
class Listener implements BackendHandler {
  readonly events: Event[] = [];

  constructor(readonly rowCeiling = 0) {}

  readonly #note =
    (name: string) =>
    (...values: unknown[]): void =>
      void this.events.push([name, ...values]);

  completed = this.#note('completed');
  parameterDescription = this.#note('parameterDescription');
  rowDescription = this.#note('rowDescription');
  rowSkipped = this.#note('rowSkipped');
  commandComplete = this.#note('commandComplete');
  error = this.#note('error');
  notice = this.#note('notice');
  notification = this.#note('notification');
  parameterStatus = this.#note('parameterStatus');
  readyForQuery = this.#note('readyForQuery');
  copyResponse = this.#note('copyResponse');

  dataRow(all: Buffer, start: number, end: number): void {
    this.events.push(['dataRow', all.toString('latin1', start, end)]);
  }

  copyData(data: Buffer): void {
    this.events.push(['copyData', data.toString('latin1')]);
  }
}

function heard(stream: Buffer, cuts: readonly number[] = [], rowCeiling = 0): Event[] {
  const listener = new Listener(rowCeiling);
  const reader = new BackendReader(listener);
  let from = 0;
  for (const cut of [...cuts, stream.length]) {
    // A copy, which the reader cannot see beyond.
    reader.push(Buffer.from(stream.subarray(from, cut)));
    from = cut;
  }
  return listener.events;
}

const oneByOne = (stream: Buffer): number[] => Array.from({ length: stream.length }, (_, at) => at);
const row = says.row('a', null, '', 'é');
const columns = [
  { name: 'id', tableOid: 4_000_000_000, column: 3, typeOid: 23, typeModifier: -1, format: 1 },
  { name: '', tableOid: 0, column: 0, typeOid: 4_294_967_295, typeModifier: 7, format: 0 },
];
const described = message(
  'T',
  int16(2),
  text('id'),
  int32(4_000_000_000),
  int16(3),
  int32(23),
  int16(4),
  int32(-1),
  int16(1),
  text(''),
  int32(0),
  int16(0),
  int32(4_294_967_295),
  int16(-1),
  int32(7),
  int16(0),
);

/** Each message, and what is heard of it. */
const LAWFUL: readonly (readonly [string, Buffer, Event])[] = [
  ['ParseComplete', says.parseComplete, ['completed', 'parse']],
  ['BindComplete', says.bindComplete, ['completed', 'bind']],
  ['CloseComplete', says.closeComplete, ['completed', 'close']],
  ['NoData', says.noData, ['completed', 'no-data']],
  ['PortalSuspended', says.portalSuspended, ['completed', 'portal-suspended']],
  ['EmptyQueryResponse', says.emptyQuery, ['completed', 'empty-query']],
  ['CopyDone', says.copyDone, ['completed', 'copy-done']],
  ['CommandComplete', says.complete('INSERT 0 1'), ['commandComplete', 'INSERT 0 1']],
  ['CommandComplete of nothing', says.complete(''), ['commandComplete', '']],
  ['ParameterDescription', says.parameters([23, 4_294_967_295]), ['parameterDescription', [23, 4_294_967_295]]],
  ['ParameterDescription of none', says.parameters([]), ['parameterDescription', []]],
  ['RowDescription', described, ['rowDescription', columns]],
  ['RowDescription of no columns', says.columns(), ['rowDescription', []]],
  ['DataRow', row, ['dataRow', row.toString('latin1')]],
  ['ReadyForQuery', says.ready('T'), ['readyForQuery', 'T']],
  ['NotificationResponse', says.notification('ch', 'päy', -1), ['notification', 'ch', 'päy', -1]],
  ['ParameterStatus', says.parameterStatus('TimeZone', 'UTC'), ['parameterStatus', 'TimeZone', 'UTC']],
  ['CopyInResponse', says.copyIn(0, 1), ['copyResponse', 'in']],
  ['CopyOutResponse', says.copyOut(), ['copyResponse', 'out']],
  ['CopyData', says.copyData('1\tx\n'), ['copyData', '1\tx\n']],
  ['CopyData of nothing', says.copyData(''), ['copyData', '']],
  ['ErrorResponse', says.error('42P01', 'ü'), ['error', { severity: 'ERROR', code: '42P01', message: 'ü' }]],
  ['NoticeResponse', says.notice('n'), ['notice', { severity: 'NOTICE', code: '00000', message: 'n' }]],
];

describe('each message', () => {
  it.each(LAWFUL)('%s is heard, whole and byte by byte', (_, stream, event) => {
    expect(heard(stream)).toEqual([event]);
    expect(heard(stream, oneByOne(stream))).toEqual([event]);
  });

  it('of an error has all its fields, the severity that is never translated, and no others', () => {
    const all = 'S=FEHLER V=FATAL C=XX000 M=m D=d H=h P=1 p=2 q=q W=w s=s t=t c=c d=y n=n F=f L=9 R=r ?=new';
    const parts = all.split(' ').map((pair) => Buffer.from(`${pair.replace('=', '')}\0`));
    expect(heard(message('E', ...parts, bytes(0)))).toEqual([
      [
        'error',
        {
          severity: 'FATAL',
          code: 'XX000',
          message: 'm',
          detail: 'd',
          hint: 'h',
          position: '1',
          internalPosition: '2',
          internalQuery: 'q',
          where: 'w',
          schema: 's',
          table: 't',
          column: 'c',
          dataType: 'y',
          constraint: 'n',
          file: 'f',
          line: '9',
          routine: 'r',
        },
      ],
    ]);
  });

  it('of an error without V or S has a severity all the same', () => {
    expect(heard(message('E', text('SFATAL'), text('C1'), text('Mx'), bytes(0)))).toEqual([
      ['error', { severity: 'FATAL', code: '1', message: 'x' }],
    ]);
    expect(heard(message('E', text('C1'), text('Mx'), bytes(0)))).toMatchObject([['error', { severity: 'ERROR' }]]);
  });

  it('about 65,535 parameters or 1,664 columns may be long', () => {
    const oids = Array.from({ length: 65_535 }, (_, n) => n);
    expect(heard(says.parameters(oids))).toEqual([['parameterDescription', oids]]);
    const [[, list]] = heard(says.columns(...Array<string>(1664).fill('a'.repeat(63)))) as [[string, unknown[]]];
    expect(list).toHaveLength(1664);
  });
});

describe('any messages, cut anywhere', () => {
  const part = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...LAWFUL) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 5000 }).map((size): (typeof LAWFUL)[number] => {
        const long = says.row('x'.repeat(size));
        return ['', long, ['dataRow', long.toString('latin1')]];
      }),
    },
  );

  it('are heard as they are when they come whole', () => {
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
        (parts, at) => {
          const stream = Buffer.concat(parts.map(([, each]) => each));
          const cuts = at.map((share) => Math.floor(share * stream.length)).sort((a, b) => a - b);
          const events = parts.map(([, , event]) => event);
          expect(heard(stream)).toEqual(events);
          expect(heard(stream, cuts)).toEqual(events);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('have rows above the ceiling read over, whatever the cuts', () => {
    const rows = fc.array(fc.nat(60), { maxLength: 20 });
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.nat(1500), { maxLength: 10 }),
        fc.integer({ min: 1, max: 60 }),
        (sizes, at, max) => {
          const messages = sizes.flatMap((size) => [says.row('x'.repeat(size)), says.bindComplete]);
          const stream = Buffer.concat(messages);
          const cuts = at.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b);
          const events = sizes.flatMap((size): Event[] => {
            const length = 4 + 2 + 4 + size;
            const kept: Event = ['dataRow', says.row('x'.repeat(size)).toString('latin1')];
            return [length > max ? ['rowSkipped', length] : kept, ['completed', 'bind']];
          });
          expect(heard(stream, cuts, max)).toEqual(events);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('a row above the ceiling is never held: not even in pieces', () => {
  const listener = new Listener(1000);
  const reader = new BackendReader(listener);
  const piece = Buffer.alloc(1 << 20);
  const before = process.memoryUsage().arrayBuffers;
  reader.push(lying('D', 300 * piece.length + 4));
  for (let n = 0; n < 300; n++) reader.push(piece);
  reader.push(says.bindComplete);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 << 20);
  expect(listener.events).toEqual([
    ['rowSkipped', 300 * piece.length + 4],
    ['completed', 'bind'],
  ]);
});

describe('what no server may send', () => {
  const fatal = (stream: Buffer): void => {
    expect(() => heard(stream)).toThrow(WireError);
    // And no sooner or later when it comes in pieces.
    expect(() => heard(stream, oneByOne(stream))).toThrow(WireError);
  };

  it.each([
    ['a length below that of itself', lying('1', 3)],
    ['a negative length', lying('D', -1)],
    ['a length of more than 1 GB', lying('D', 0x40000000)],
    ['a ReadyForQuery of 30,001 bytes', lying('Z', 30_001)],
    ['a ParameterStatus of 1 MB', lying('S', 1 << 20)],
    ['an unknown letter', message('?')],
    ['a letter that is none', message('\x01')],
    ['Authentication after the handshake', says.authenticationOk],
    ['BackendKeyData after the handshake', says.backendKey(1, 2)],
    ['NegotiateProtocolVersion', message('v', int32(0), int32(0))],
    ['FunctionCallResponse', message('V', int32(-1))],
    ['CopyBothResponse', message('W', bytes(0), int16(0))],
    ...(['1', '2', '3', 'n', 's', 'I', 'c'] as const).map(
      (letter) => [`'${letter}' with a byte too many`, message(letter, bytes(0))] as const,
    ),
    ['ReadyForQuery of no status', message('Z')],
    ["ReadyForQuery of status 'X'", says.ready('X')],
    ['ReadyForQuery with a byte too many', message('Z', bytes(0x49, 0))],
    ['CommandComplete without its end', message('C', Buffer.from('SELECT 1'))],
    ['CommandComplete with more behind its end', message('C', text('SELECT'), text('1'))],
    ['CommandComplete of no byte', message('C')],
    ['RowDescription of no byte', message('T')],
    ['RowDescription of 65,535 columns in few bytes', message('T', int16(-1), text('a'), Buffer.alloc(18))],
    ['RowDescription cut off', message('T', described.subarray(5, 30))],
    ['RowDescription with bytes too many', message('T', int16(0), bytes(1))],
    ['RowDescription of form 2', says.columns({ name: 'a', format: 2 })],
    ['RowDescription of form -1', says.columns({ name: 'a', format: -1 })],
    ['RowDescription of a name without end', message('T', int16(1), Buffer.alloc(40, 0x61))],
    ['ParameterDescription of more than it has', message('t', int16(2), int32(23))],
    ['ParameterDescription of less than it has', message('t', int16(0), int32(23))],
    ['ErrorResponse without code', message('E', text('Mx'), bytes(0))],
    ['ErrorResponse without text', message('E', text('C1'), bytes(0))],
    ['ErrorResponse of no byte', message('E')],
    ['ErrorResponse without its end', message('E', text('C1'), text('Mx'))],
    ['ErrorResponse with a field without end', message('E', text('C1'), Buffer.from('Mx'))],
    ['ErrorResponse with bytes behind its end', message('E', text('C1'), text('Mx'), bytes(0, 0))],
    ['NotificationResponse of no payload', message('A', int32(1), text('ch'))],
    ['NotificationResponse of half a process', message('A', int16(1))],
    ['ParameterStatus of no value', message('S', text('TimeZone'))],
    ['ParameterStatus of two values', message('S', text('a'), text('b'), text('c'))],
    ['CopyInResponse of more columns than bytes', message('G', bytes(0), int16(9))],
    ['CopyOutResponse of no columns', message('H', bytes(0))],
    ['CopyOutResponse with bytes too many', message('H', bytes(0), int16(0), bytes(0))],
  ])('%s is a WireError', (_, stream) => fatal(stream));

  it('is not looked for beyond the end of its message: what lies there is another one', () => {
    fatal(Buffer.concat([message('C', Buffer.from('SELECT')), text('1')]));
    fatal(Buffer.concat([message('E', text('C1'), text('Mx')), bytes(0)]));
    fatal(Buffer.concat([message('T', int16(1), Buffer.from('a'.repeat(25))), Buffer.alloc(40)]));
  });

  it('costs no memory by a length that is a lie', () => {
    const listener = new Listener();
    const reader = new BackendReader(listener);
    const before = process.memoryUsage().arrayBuffers;
    reader.push(lying('D', 0x3fffffff, int16(1)));
    reader.push(Buffer.alloc(100));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    expect(listener.events).toEqual([]);
  });
});
