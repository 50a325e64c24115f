// Statements between threads: a text crosses once and is known by a number from then on. The main thread gives the numbers
// and takes them back, least recently used first; the worker keeps what stands under a number until it is given again.
import type { SessionTouch } from '../query/statement-class.js';
import type { Statement } from '../query/statement.js';
import { writeParameters } from './bind-parameters.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** Texts of a generation; two are kept. */
const GENERATION = 1_024;
/** Longer texts, which are made for one use as a rule, cross each time. */
const LONGEST_KEPT = 16_384;
/** Says that the definition follows, and 0 that nobody need keep it. */
const DEFINED = 0x8000_0000;

const TOUCH_BITS: Readonly<Record<SessionTouch, number>> = {
  set: 1,
  temp: 2,
  listen: 4,
  'advisory-lock': 8,
  prepare: 16,
  cursor: 32,
  transaction: 64,
  unknown: 128,
};
const READS = 256;
const PLAIN = 512;

interface Numbered {
  readonly number: number;
  traits: number;
}

/** The main thread's side. */
export class StatementNumbers {
  /** Two generations: what is used moves to the young one; the old one is forgotten when the young one is full. */
  #young = new Map<string, Numbered>();
  #old = new Map<string, Numbered>();
  readonly #free: number[] = [];
  #next = 1;

  constructor(private readonly generation = GENERATION) {}

  /** @throws RangeError for parameters that Bind cannot carry */
  write(writer: ByteWriter, statement: Statement): void {
    const traits = traitsOf(statement);
    const known = this.#find(statement.text);
    writer.reserve(16);
    if (known?.traits === traits) writer.u32(known.number);
    else {
      writer.u32((this.#number(statement.text, traits, known) | DEFINED) >>> 0);
      writer.u16(traits);
      writer.text(statement.text);
      writer.reserve(8);
    }
    const start = writer.at;
    writer.u32(0);
    if (statement.encoded) writer.raw(statement.encoded);
    else writeParameters(writer, statement.parameters);
    writer.setU32(start, writer.at - start - 4);
  }

  /** A frame was undone, and definitions with it: every text is defined anew. */
  forget(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#free.length = 0;
    this.#next = 1;
  }

  #find(text: string): Numbered | undefined {
    const young = this.#young.get(text);
    if (young || this.#old.size === 0) return young;
    const old = this.#old.get(text);
    if (!old) return undefined;
    this.#old.delete(text);
    this.#keep(text, old);
    return old;
  }

  #number(text: string, traits: number, known: Numbered | undefined): number {
    if (known) {
      known.traits = traits;
      return known.number;
    }
    if (text.length > LONGEST_KEPT) return 0;
    const entry = { number: this.#free.pop() ?? this.#next++, traits };
    this.#keep(text, entry);
    return entry.number;
  }

  #keep(text: string, entry: Numbered): void {
    if (this.#young.size >= this.generation) {
      for (const { number } of this.#old.values()) this.#free.push(number);
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, entry);
  }
}

type Definition = Omit<Statement, 'encoded'>;

/** The worker's side. */
export class StatementTexts {
  readonly #known: Definition[] = [];

  /** `encoded` is a view of the packet. */
  read(reader: ByteReader): Statement {
    const reference = reader.u32();
    const { text, touches, reads, plain } = this.#definition(reference, reader);
    return { text, parameters: NO_PARAMETERS, touches, reads, plain, encoded: reader.raw(reader.u32()) };
  }

  #definition(reference: number, reader: ByteReader): Definition {
    if (reference < DEFINED) {
      const known = this.#known[reference];
      if (!known) throw new RangeError(`no statement has the number ${reference}`);
      return known;
    }
    const traits = reader.u16();
    const definition: Definition = {
      text: reader.text(),
      parameters: NO_PARAMETERS,
      touches: (Object.keys(TOUCH_BITS) as SessionTouch[]).filter((touch) => traits & TOUCH_BITS[touch]),
      reads: (traits & READS) !== 0,
      plain: (traits & PLAIN) !== 0,
    };
    const number = reference - DEFINED;
    if (number > 0) this.#known[number] = definition;
    return definition;
  }
}

const NO_PARAMETERS: Statement['parameters'] = [];

function traitsOf({ touches, reads, plain }: Statement): number {
  let traits = (reads ? READS : 0) | (plain ? PLAIN : 0);
  for (const touch of touches) traits |= TOUCH_BITS[touch];
  return traits;
}
