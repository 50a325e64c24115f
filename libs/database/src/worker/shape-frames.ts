// Descriptions of columns and commands' words between threads: each crosses once and is a number from then on. The worker
// gives the numbers; the main thread keeps what stands under them, so that one description is one object there as well,
// and whoever makes decoders makes one a description.
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { ChunkField } from '../connection/chunk-form.js';
import { Told, type Shape } from './messages.js';

/** Kept at once; then numbers are given again, the oldest first. */
const KEPT = 1_024;
/** A column without a format. */
const NO_FORMAT = 255;

interface Numbered {
  readonly key: string;
  /** -1 once the number stands for something else. */
  number: number;
}

/** The worker's side. */
export class ShapeNumbers {
  /** By identity, which is quick, then by content: an unprepared statement describes its columns anew each time. */
  readonly #seen = new WeakMap<Shape, Numbered>();
  readonly #byContent = new Map<string, Numbered>();
  readonly #ring: (Numbered | undefined)[] = [];
  #next = 0;

  constructor(private readonly kept = KEPT) {}

  /** Writes the definition when the number is new. */
  write(writer: ByteWriter, shape: Shape): number {
    const seen = this.#seen.get(shape);
    if (seen && seen.number >= 0) return seen.number;
    const key = JSON.stringify(shape.map(keyOf));
    let entry = this.#byContent.get(key);
    if (!entry) {
      entry = this.#add(key);
      define(writer, entry.number, shape);
    }
    this.#seen.set(shape, entry);
    return entry.number;
  }

  #add(key: string): Numbered {
    const entry = { key, number: this.#next };
    const evicted = this.#ring[entry.number];
    if (evicted) {
      evicted.number = -1;
      this.#byContent.delete(evicted.key);
    }
    this.#ring[entry.number] = entry;
    this.#byContent.set(key, entry);
    this.#next = (entry.number + 1) % this.kept;
    return entry;
  }
}

function keyOf({ name, tableOid, column, typeOid, typeModifier, format }: ChunkField): unknown[] {
  return [name, tableOid, column, typeOid, typeModifier, format ?? NO_FORMAT];
}

function define(writer: ByteWriter, number: number, shape: Shape): void {
  writer.reserve(7);
  writer.u8(Told.Shape);
  writer.u32(number);
  writer.u16(shape.length);
  for (const { name, tableOid, column, typeOid, typeModifier, format } of shape) {
    writer.text(name);
    writer.reserve(17);
    writer.u32(tableOid);
    writer.u32(column);
    writer.u32(typeOid);
    writer.u32(typeModifier);
    writer.u8(format ?? NO_FORMAT);
  }
}

/** The main thread's side. */
export function readShape(reader: ByteReader, into: Shape[]): void {
  const number = reader.u32();
  into[number] = Array.from({ length: reader.u16() }, (): ChunkField => {
    const name = reader.text();
    const field = {
      name,
      tableOid: reader.u32(),
      column: reader.i32(),
      typeOid: reader.u32(),
      typeModifier: reader.i32(),
    };
    const format = reader.u8();
    return format === NO_FORMAT ? field : { ...field, format: format as 0 | 1 };
  });
}

/** The worker's side; a server knows some two hundred of them. */
export class CommandNumbers {
  readonly #numbers = new Map<string, number>();

  write(writer: ByteWriter, command: string): number {
    const known = this.#numbers.get(command);
    if (known !== undefined) return known;
    if (this.#numbers.size >= KEPT) this.#numbers.clear();
    const number = this.#numbers.size;
    this.#numbers.set(command, number);
    writer.reserve(5);
    writer.u8(Told.Command);
    writer.u32(number);
    writer.text(command);
    return number;
  }
}

/** The main thread's side. */
export function readCommand(reader: ByteReader, into: string[]): void {
  const number = reader.u32();
  into[number] = reader.text();
}
