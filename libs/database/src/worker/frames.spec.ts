// Whatever is asked or answered crosses the border as it was said, in the order in which it was said, and what stands for a
// text or a description of columns is never taken for another.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeChunk } from '../../test-support/fake-connection.js';
import { MainEnd, WorkerEnd } from '../../test-support/thread-ends.js';
import type { ChunkField, ChunkForm, TravellingChunk } from '../connection/chunk-form.js';
import type { ExecuteOptions } from '../connection/execution.js';
import type { EncodedParameter } from '../query/encode-parameter.js';
import type { SessionTouch } from '../query/statement-class.js';
import type { Statement } from '../query/statement.js';
import { AnswerReader } from './answer-reader.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { ShapeNumbers, readShape } from './shape-frames.js';
import { StatementNumbers, StatementTexts } from './statement-frames.js';
import { Told, type Shape } from './messages.js';

const TOUCHES: readonly SessionTouch[] = [
  'set',
  'temp',
  'listen',
  'advisory-lock',
  'prepare',
  'cursor',
  'transaction',
  'unknown',
];
const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const parameter: fc.Arbitrary<EncodedParameter> = fc.oneof(
  text,
  fc.constantFrom(null, '', 'ü'.repeat(40), 'x'.repeat(70_000)),
  fc.uint8Array({ maxLength: 40 }),
);
const traits = {
  touches: fc.subarray([...TOUCHES]),
  reads: fc.boolean(),
  plain: fc.boolean(),
};
const parameters = fc.array(parameter, { maxLength: 5 });
/** Mostly the same few, which mean the same each time: those are kept under numbers. */
const statement: fc.Arbitrary<Statement> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      text: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      parameters,
      touches: fc.constant([]),
      reads: fc.constant(true),
      plain: fc.constant(true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ text: fc.oneof(text, fc.constantFrom('a', 'y'.repeat(20_000))), parameters, ...traits }),
  },
);

/** What Bind carries, read as the manual has it (55.7). */
function parametersOf(encoded: Uint8Array): EncodedParameter[] {
  const bytes = Buffer.from(encoded);
  const formats = Array.from({ length: bytes.readUInt16BE(0) }, (_, index) => bytes.readUInt16BE(2 + 2 * index));
  let at = 2 + 2 * formats.length;
  const count = bytes.readUInt16BE(at);
  expect([0, count]).toContain(formats.length);
  at += 2;
  const values = Array.from({ length: count }, (_, index): EncodedParameter => {
    const length = bytes.readInt32BE(at);
    const value = length < 0 ? null : bytes.subarray(at + 4, at + 4 + length);
    at += 4 + Math.max(0, length);
    return value && (formats[index] === 1 ? new Uint8Array(value) : value.toString());
  });
  expect(at).toBe(bytes.length);
  return values;
}

/** A statement as it arrives, in the words of the one that was sent. */
function read({ encoded, ...rest }: Statement): Statement {
  return { ...rest, parameters: parametersOf(encoded as Uint8Array) };
}

const reader = (writer: ByteWriter): ByteReader => new ByteReader(writer.copy(0, writer.at));

describe('statements', () => {
  it('arrive as they were sent, however many texts are kept and forgotten on the way', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 4 }),
        (sent, generation) => {
          const numbers = new StatementNumbers(generation);
          const texts = new StatementTexts();
          const writer = new ByteWriter(64);
          for (const each of sent) numbers.write(writer, each);
          const from = reader(writer);
          for (const each of sent) expect(read(texts.read(from))).toEqual(each);
          expect(from.done).toBe(true);
        },
      ),
    );
  });

  it('have their text cross once, while it is in use', () => {
    const numbers = new StatementNumbers(2);
    const long = { text: 'select '.repeat(100), parameters: [], touches: [], reads: true, plain: true };
    const writer = new ByteWriter();
    const size = (each: Statement): number => {
      const before = writer.at;
      numbers.write(writer, each);
      return writer.at - before;
    };
    expect(size(long)).toBeGreaterThan(700);
    for (let n = 0; n < 20; n++) {
      size({ ...long, text: `other ${n}` });
      expect(size(long)).toBe(12);
    }
    for (let n = 0; n < 4; n++) size({ ...long, text: `other ${n}` });
    expect(size(long)).toBeGreaterThan(700);
  });

  it('carry bytes that were encoded before as they are', () => {
    const writer = new ByteWriter();
    const encoded = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 65);
    const sent = { text: 'x', parameters: [], touches: [], reads: true, plain: true, encoded };
    new StatementNumbers().write(writer, sent);
    expect(new Uint8Array(new StatementTexts().read(reader(writer)).encoded as Uint8Array)).toEqual(encoded);
  });

  it('have at most as many parameters as Bind can count', () => {
    const many = (length: number): Statement => ({
      text: 'x',
      parameters: Array.from({ length }, () => null),
      touches: [],
      reads: true,
      plain: true,
    });
    const writer = new ByteWriter();
    new StatementNumbers().write(writer, many(65_535));
    expect(read(new StatementTexts().read(reader(writer))).parameters).toHaveLength(65_535);
    expect(() => new StatementNumbers().write(writer, many(65_536))).toThrow(RangeError);
  });
});

const field: fc.Arbitrary<ChunkField> = fc.record(
  {
    name: text,
    tableOid: fc.nat({ max: 0xffff_ffff }),
    column: fc.integer({ min: -8, max: 1600 }),
    typeOid: fc.nat({ max: 0xffff_ffff }),
    typeModifier: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    format: fc.constantFrom(0 as const, 1 as const),
  },
  { requiredKeys: ['name', 'tableOid', 'column', 'typeOid', 'typeModifier'] },
);

describe('descriptions of columns', () => {
  it('are the right ones, though their numbers are given again', () => {
    const shapes = fc.uniqueArray(fc.array(field, { maxLength: 4 }), {
      minLength: 1,
      maxLength: 8,
      selector: JSON.stringify,
    });
    const order = fc.array(fc.record({ which: fc.nat({ max: 7 }), anew: fc.boolean() }), {
      maxLength: 60,
      size: 'max',
    });
    fc.assert(
      fc.property(shapes, order, fc.integer({ min: 1, max: 4 }), (all, uses, kept) => {
        const numbers = new ShapeNumbers(kept);
        const known: Shape[] = [];
        for (const { which, anew } of uses) {
          const shape = all[which % all.length] as Shape;
          const writer = new ByteWriter();
          const number = numbers.write(writer, anew ? structuredClone(shape) : shape);
          if (writer.at > 0) {
            const from = reader(writer);
            expect(from.u8()).toBe(Told.Shape);
            readShape(from, known);
            expect(from.done).toBe(true);
          }
          expect(known[number]).toEqual(shape);
        }
        expect(known.length).toBeLessThanOrEqual(kept);
      }),
    );
  });

  it('that say the same are one, so that one decoder is made of them', () => {
    const numbers = new ShapeNumbers();
    const shape = [{ name: 'a', tableOid: 1, column: 1, typeOid: 23, typeModifier: -1, format: 1 as const }];
    const writer = new ByteWriter();
    const number = numbers.write(writer, shape);
    const { at } = writer;
    expect(numbers.write(writer, structuredClone(shape))).toBe(number);
    expect(writer.at).toBe(at);
    expect(numbers.write(writer, [{ ...shape[0]!, format: 0 as const }])).not.toBe(number);
  });
});

describe('what is asked', () => {
  const options = fc.record(
    {
      form: fc.constantFrom('rows' as const, 'columns' as const, 'json' as const, 'ndjson' as const),
      limits: fc.record({ maxRows: fc.nat(), maxBytes: fc.nat({ max: Number.MAX_SAFE_INTEGER }) }),
      prepare: fc.boolean(),
      shared: fc.boolean(),
      fetchRows: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      copy: fc.constantFrom('in' as const, 'out' as const),
      prelude: fc.array(statement, { maxLength: 3 }),
    },
    { requiredKeys: ['form', 'limits', 'prepare', 'shared'] },
  );
  const number = fc.nat({ max: 0x3fff_ffff });
  const asked = fc.oneof(
    fc.record({ kind: fc.constant('execute' as const), connection: number, id: number, statement, options }),
    fc.record({
      kind: fc.constant('batch' as const),
      connection: number,
      id: number,
      parts: fc.array(fc.record({ statement, prepare: fc.boolean() }), { minLength: 1, maxLength: 4 }),
      limits: fc.record({ maxRows: fc.nat(), maxBytes: fc.nat() }),
    }),
    fc.record({
      kind: fc.constantFrom('fetch' as const, 'finish' as const, 'copyEnd' as const),
      connection: number,
      id: number,
    }),
    fc.record({ kind: fc.constant('copyData' as const), connection: number, id: number, text }),
    fc.record({ kind: fc.constant('ping' as const), connection: number, id: number, budgetMs: fc.nat() }),
  );

  it('is heard as it was said, in order, frames and objects alike', () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 30, size: 'max' }), (all) => {
        const end = new WorkerEnd(
          () => {},
          () => {},
        );
        const { requests } = end;
        for (const each of all) {
          const { connection, id } = each;
          if (each.kind === 'execute') requests.execute(connection, id, each.statement, each.options);
          else if (each.kind === 'batch') {
            const parts = each.parts.map((part) => ({ ...part, sink: {} as never }));
            requests.batch(connection, id, parts, each.limits);
          } else if (each.kind === 'copyData') requests.copyData(connection, id, Buffer.from(each.text));
          else if (each.kind === 'ping') requests.item(each);
          else requests[each.kind](connection, id);
        }
        const heard = end.asked.map((each) => {
          if (each.kind === 'execute') {
            const heardOptions = each.options as ExecuteOptions;
            const { prelude } = heardOptions;
            return {
              ...each,
              statement: read(each.statement as Statement),
              options: { ...heardOptions, ...(prelude ? { prelude: prelude.map(read) } : {}) },
            };
          }
          if (each.kind === 'batch') {
            const parts = each.parts as { statement: Statement; prepare: boolean }[];
            return { ...each, parts: parts.map((part) => ({ ...part, statement: read(part.statement) })) };
          }
          const { rest: _, ...plain } = each;
          return plain;
        });
        expect(heard).toEqual(all);
        expect(end.messages).toBe(all.length > 0 ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });
});

/** A piece of whatever form. */
class Piece extends FakeChunk implements TravellingChunk {
  constructor(
    readonly fields: readonly ChunkField[],
    private readonly form: ChunkForm,
  ) {
    super([]);
  }

  transport(): ChunkForm {
    return this.form;
  }
}

describe('what is answered', () => {
  const quiet = {
    execute: () => {},
    batch: () => {},
    credit: () => {},
    fetch: () => {},
    finish: () => {},
    copyData: () => {},
    copyEnd: () => {},
    handle: () => {},
  };
  const status = fc.constantFrom('I' as const, 'T' as const, 'E' as const);
  const number = fc.nat({ max: 0x3fff_ffff });
  const answer = fc.oneof(
    fc.record({
      kind: fc.constant('chunk' as const),
      connection: number,
      id: number,
      form: fc.constantFrom('raw' as const, 'columns' as const, 'bytes' as const),
      rowCount: fc.nat({ max: 100_000 }),
      text: fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('z'.repeat(32_768), 'z'.repeat(32_769))),
      shape: fc.array(field, { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('ended' as const),
      connection: number,
      id: number,
      end: fc.record({
        command: fc.constantFrom('SELECT', 'INSERT', 'CREATE TABLE', ''),
        rowCount: fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER })),
        fields: fc.array(field, { maxLength: 3 }),
        bytes: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      }),
      status,
    }),
    fc.record({ kind: fc.constantFrom('suspended' as const, 'writable' as const), connection: number, id: number }),
    fc.record({ kind: fc.constant('copyTaken' as const), connection: number, id: number, bytes: fc.nat() }),
    fc.record({ kind: fc.constant('done' as const), connection: number, id: number, status }),
    fc.record({
      kind: fc.constant('lost' as const),
      connection: number,
      error: fc.constant({ code: 'DB_CONNECTION_LOST' as const, message: 'm' }),
    }),
  );

  it.each([true, false])('is heard as it was said, in order (chunks given away: %s)', (givesAway) => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 30, size: 'max' }), (all) => {
        const end = new MainEnd(() => quiet);
        const { answers } = end;
        for (const each of all) {
          if (each.kind === 'chunk') {
            const { connection, id, form, rowCount, text: content, shape } = each;
            const bytes = Uint8Array.from(Buffer.from(content, 'latin1'));
            const data = givesAway ? bytes.buffer : bytes;
            answers.chunk(connection, id, new Piece(shape, { kind: form, rowCount, data }));
          } else if (each.kind === 'ended') answers.ended(each.connection, each.id, each.end, each.status);
          else if (each.kind === 'copyTaken') answers.copyTaken(each.connection, each.id, each.bytes);
          else if (each.kind === 'done') answers.done(each.connection, each.id, each.status);
          else if (each.kind === 'lost') answers.item(each);
          else answers[each.kind](each.connection, each.id);
        }
        const expected = all.map((each) =>
          each.kind === 'chunk' ? { ...each, text: Buffer.from(each.text, 'latin1').toString('latin1') } : each,
        );
        expect(end.told).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves lent memory where it is, large or small, and takes what is given', () => {
    const end = new MainEnd(() => quiet);
    const lent = [new Uint8Array(10), new Uint8Array(100_000)];
    for (const data of lent) end.answers.chunk(1, 1, new Piece([], { kind: 'bytes', rowCount: 0, data }));
    const given = new ArrayBuffer(100_000);
    end.answers.chunk(1, 1, new Piece([], { kind: 'bytes', rowCount: 0, data: given }));
    expect(end.told).toHaveLength(3);
    expect(lent.map(({ byteLength }) => byteLength)).toEqual([10, 100_000]);
    expect(given.byteLength).toBe(0);
  });
});

describe('a packet that is cut off', () => {
  it('is refused, wherever the cut is', () => {
    const writer = new ByteWriter();
    new StatementNumbers().write(writer, { text: 'abc', parameters: ['x'], touches: [], reads: true, plain: true });
    for (let length = 0; length < writer.at; length++) {
      expect(() => new StatementTexts().read(new ByteReader(writer.copy(0, length)))).toThrow(RangeError);
    }
  });

  it('or nothing that was ever written is the reader’s word, not a sink’s', () => {
    const thrown: unknown[] = [];
    const answers = new AnswerReader(
      () => undefined,
      (error) => thrown.push(error),
    );
    expect(() => answers.read(new ArrayBuffer(9))).toThrow(RangeError);
    const unknownShape = new ByteWriter();
    unknownShape.u8(Told.Rows);
    for (let n = 0; n < 5; n++) unknownShape.u32(0);
    expect(() => answers.read(unknownShape.copy(0, unknownShape.at))).toThrow(RangeError);
    expect(thrown).toEqual([]);
  });
});
