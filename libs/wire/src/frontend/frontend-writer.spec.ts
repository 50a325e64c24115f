// The bytes that go to the server: each message against bytes written down by hand from the manual (55.7), and any mixture
// of them against a small reader that shares no code with the writer.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeParameters } from './encode-parameters.js';
import { FrontendWriter, type WireParameter } from './frontend-writer.js';
import { resultFormats, TEXT_RESULTS } from './result-formats.js';

function written(write: (writer: FrontendWriter) => void): string {
  const writer = new FrontendWriter();
  write(writer);
  return writer.take().toString('latin1');
}

/** What a message looks like to a server. Written for the test alone. */
type Message = Record<string, unknown>;

function readAll(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  let at = 0;
  const text = (): string => {
    const zero = bytes.indexOf(0, at);
    const found = bytes.toString('utf8', at, zero);
    at = zero + 1;
    return found;
  };
  const int16 = (): number => bytes.readUInt16BE((at += 2) - 2);
  const int32 = (): number => bytes.readInt32BE((at += 4) - 4);
  const letter = (): string => String.fromCharCode(bytes[at++]!);
  const raw = (size: number): Buffer => bytes.subarray(at, (at += size));
  const kind = (): string => (letter() === 'S' ? 'statement' : 'portal');
  const formats = (): number[] => Array.from({ length: int16() }, int16);
  while (at < bytes.length) {
    const type = letter();
    const end = at + bytes.readInt32BE(at);
    at += 4;
    if (type === 'P') messages.push({ type, name: text(), text: text(), types: int16() });
    else if (type === 'B') {
      const portal = text();
      const name = text();
      const forms = formats();
      const values = Array.from({ length: int16() }, (_, index) => {
        const size = int32();
        if (size < 0) return null;
        const form = forms.length === 1 ? forms[0] : (forms[index] ?? 0);
        const value = raw(size);
        return form === 1 ? [...value] : value.toString('utf8');
      });
      messages.push({ type, portal, name, values, results: formats() });
    } else if (type === 'D' || type === 'C') messages.push({ type, kind: kind(), name: text() });
    else if (type === 'E') messages.push({ type, portal: text(), rows: int32() });
    else if (type === 'd') messages.push({ type, data: raw(end - at).toString('latin1') });
    else if (type === 'f') messages.push({ type, reason: text() });
    else messages.push({ type });
    if (at !== end) throw new Error(`message ${type} ends at ${at}, its length says ${end}`);
  }
  return messages;
}

describe('each message', () => {
  it.each<[string, (writer: FrontendWriter) => void, string]>([
    ['Parse', (w) => w.parse('h1', 'select 1'), 'P\0\0\0\x12h1\0select 1\0\0\0'],
    ['Parse without a name', (w) => w.parse('', ''), 'P\0\0\0\x08\0\0\0\0'],
    ['Bind of nothing', (w) => w.bind('', [], TEXT_RESULTS), 'B\0\0\0\x0c\0\0\0\0\0\0\0\0'],
    [
      'Bind of texts and NULL',
      (w) => w.bind('s', ['ab', null, ''], TEXT_RESULTS),
      'B\0\0\0\x1b\0s\0\0\0\0\x03\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\0\0\0',
    ],
    [
      'Bind of bytes beside text',
      (w) => w.bind('s', ['a', Uint8Array.of(0, 255)], resultFormats([1, 0])),
      'B\0\0\0\x20\0s\0\0\x02\0\0\0\x01\0\x02\0\0\0\x01a\0\0\0\x02\0\xff\0\x02\0\x01\0\0',
    ],
    ['Describe of a statement', (w) => w.describe('statement', 'h1'), 'D\0\0\0\x08Sh1\0'],
    ['Describe of the portal', (w) => w.describe('portal', ''), 'D\0\0\0\x06P\0'],
    ['Close of a statement', (w) => w.close('statement', 'h1'), 'C\0\0\0\x08Sh1\0'],
    ['Close of the portal', (w) => w.close('portal', ''), 'C\0\0\0\x06P\0'],
    ['Execute', (w) => w.execute(0), 'E\0\0\0\x09\0\0\0\0\0'],
    ['Execute with a limit', (w) => w.execute(0x01020304), 'E\0\0\0\x09\0\x01\x02\x03\x04'],
    ['Sync', (w) => w.sync(), 'S\0\0\0\x04'],
    ['Flush', (w) => w.flush(), 'H\0\0\0\x04'],
    ['Terminate', (w) => w.terminate(), 'X\0\0\0\x04'],
    ['CopyData', (w) => w.copyData(Uint8Array.of(1, 0, 2)), 'd\0\0\0\x07\x01\0\x02'],
    ['CopyDone', (w) => w.copyDone(), 'c\0\0\0\x04'],
    ['CopyFail', (w) => w.copyFail('no'), 'f\0\0\0\x07no\0'],
  ])('%s has the bytes of the manual', (_, write, bytes) => {
    expect(written(write)).toBe(bytes);
  });

  it('carries text of several bytes a character, short and long, with a length in bytes', () => {
    for (const text of ['ü', '€'.repeat(31), '€'.repeat(32), 'a😀'.repeat(40), 'é'.repeat(70_000)]) {
      const writer = new FrontendWriter();
      writer.parse(text, text);
      writer.bind(text, [text, null, text], TEXT_RESULTS);
      expect(readAll(writer.take())).toEqual([
        { type: 'P', name: text, text, types: 0 },
        { type: 'B', portal: '', name: text, values: [text, null, text], results: [] },
      ]);
    }
  });

  it('has an unpaired surrogate as the replacement character, with the length that this has', () => {
    const writer = new FrontendWriter();
    writer.bind('', ['\ud800', `${'x'.repeat(40)}\udc00`], TEXT_RESULTS);
    expect(readAll(writer.take())).toMatchObject([{ values: ['\ufffd', `${'x'.repeat(40)}\ufffd`] }]);
  });

  it('carries 65,535 parameters, NULLs behind long values among them', () => {
    const values = Array.from({ length: 65_535 }, (_, n) =>
      n % 3 === 0 ? null : n % 1000 === 1 ? 'v'.repeat(500) : 'v',
    );
    const writer = new FrontendWriter();
    writer.sync();
    writer.bind('', values, TEXT_RESULTS);
    writer.sync();
    expect(readAll(writer.take())).toEqual([
      { type: 'S' },
      { type: 'B', portal: '', name: '', values, results: [] },
      { type: 'S' },
    ]);
  });
});

describe('the memory', () => {
  it('that was taken stays as it is while more is written', () => {
    const writer = new FrontendWriter();
    const taken: Buffer[] = [];
    for (let n = 0; n < 20_000; n++) {
      writer.parse(`h${n}`, 'select 1');
      if (n % 7 === 0) taken.push(writer.take());
    }
    taken.push(writer.take());
    const names = readAll(Buffer.concat(taken)).map(({ name }) => name);
    expect(names).toEqual(Array.from({ length: 20_000 }, (_, n) => `h${n}`));
    expect(writer.size).toBe(0);
    expect(writer.take()).toHaveLength(0);
  });

  it('may end anywhere within a message', () => {
    for (let used = 65_536 - 64; used <= 65_536; used++) {
      const writer = new FrontendWriter();
      writer.copyData(new Uint8Array(used - 5));
      const first = writer.take();
      writer.bind('name', ['a', null, 'b'.repeat(100), Uint8Array.of(7)], resultFormats([1]));
      writer.copyData(Uint8Array.of(9));
      expect(first).toHaveLength(used);
      expect(readAll(writer.take())).toEqual([
        { type: 'B', portal: '', name: 'name', values: ['a', null, 'b'.repeat(100), [7]], results: [1] },
        { type: 'd', data: '\t' },
      ]);
    }
  });
});

const name = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('\0'));
const bytes = fc.uint8Array({ maxLength: 200 });
const long = fc.tuple(fc.constantFrom('a', 'é', '€', '😀'), fc.integer({ min: 0, max: 40_000 }));
const parameter: fc.Arbitrary<WireParameter> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 2, arbitrary: bytes },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: long.map(([char, times]) => char.repeat(times)) },
);
const formats = fc.array(fc.constantFrom<0 | 1>(0, 1), { maxLength: 8 });
const plain = (value: WireParameter): unknown => (value instanceof Uint8Array ? [...value] : value);
const asked = (list: readonly number[]): number[] => (list.includes(1) ? [...list] : []);

type Written = readonly [write: (writer: FrontendWriter) => void, seen: Message];
const message: fc.Arbitrary<Written> = fc.oneof(
  fc.tuple(name, name).map(([n, text]): Written => [(w) => w.parse(n, text), { type: 'P', name: n, text, types: 0 }]),
  fc
    .tuple(name, fc.array(parameter, { maxLength: 12 }), formats, fc.boolean())
    .map(([n, values, forms, elsewhere]): Written => [
      (w) =>
        elsewhere
          ? w.bindEncoded(n, encodeParameters(values), resultFormats(forms))
          : w.bind(n, values, resultFormats(forms)),
      { type: 'B', portal: '', name: n, values: values.map(plain), results: asked(forms) },
    ]),
  fc
    .tuple(fc.constantFrom('statement', 'portal'), name)
    .map(([kind, n]): Written => [(w) => w.describe(kind as 'portal', n), { type: 'D', kind, name: n }]),
  fc
    .tuple(fc.constantFrom('statement', 'portal'), name)
    .map(([kind, n]): Written => [(w) => w.close(kind as 'portal', n), { type: 'C', kind, name: n }]),
  fc
    .integer({ min: 0, max: 0x7fffffff })
    .map((rows): Written => [(w) => w.execute(rows), { type: 'E', portal: '', rows }]),
  fc.constant<Written>([(w) => w.sync(), { type: 'S' }]),
  fc.constant<Written>([(w) => w.flush(), { type: 'H' }]),
  fc.constant<Written>([(w) => w.copyDone(), { type: 'c' }]),
  bytes.map((data): Written => [(w) => w.copyData(data), { type: 'd', data: Buffer.from(data).toString('latin1') }]),
  fc
    .integer({ min: 60_000, max: 140_000 })
    .map((size): Written => [
      (w) => w.copyData(new Uint8Array(size).fill(size)),
      { type: 'd', data: String.fromCharCode(size & 255).repeat(size) },
    ]),
  name.map((reason): Written => [(w) => w.copyFail(reason), { type: 'f', reason }]),
);

describe('any messages', () => {
  it('written and taken at any time are read as what was written', () => {
    const steps = fc.array(fc.tuple(message, fc.boolean()), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (list) => {
        const writer = new FrontendWriter();
        const taken: Buffer[] = [];
        for (const [[write], take] of list) {
          write(writer);
          if (take) taken.push(writer.take());
        }
        taken.push(writer.take());
        expect(readAll(Buffer.concat(taken))).toEqual(list.map(([[, seen]]) => seen));
      }),
      { numRuns: 300 },
    );
  });
});

describe('parameters encoded elsewhere', () => {
  it('are the bytes that bind() writes', () => {
    fc.assert(
      fc.property(name, fc.array(parameter, { maxLength: 12 }), (statement, values) => {
        const encoded = encodeParameters(values);
        expect(written((w) => w.bindEncoded(statement, encoded, TEXT_RESULTS))).toBe(
          written((w) => w.bind(statement, values, TEXT_RESULTS)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('the forms of a result', () => {
  it('are left out when all are text, and listed when one is not', () => {
    expect(resultFormats([])).toBe(TEXT_RESULTS);
    expect(resultFormats([0, 0])).toBe(TEXT_RESULTS);
    expect([...resultFormats([0, 1])]).toEqual([0, 2, 0, 0, 0, 1]);
    const many = resultFormats(Array<1>(300).fill(1));
    expect([...many.subarray(0, 4)]).toEqual([1, 44, 0, 1]);
    expect(many).toHaveLength(602);
  });
});
