// The pieces of a result: rows as the server sent them, columns, or bytes ready to be handed on. Each decodes itself where
// its reader stands, so rows from a worker are equal to rows from here, prototypes and all.
import {
  ColumnBatchReader,
  createRowDecoder,
  createTypeMap,
  type ColumnBatch,
  type RowDecoder,
  type TypeMap,
  type WireField,
} from '@hydrogen/wire';
import type { ChunkField, ChunkForm, TravellingChunk } from '../connection/chunk-form.js';
import type { Column, ResultChunk } from '../connection/execution.js';
import type { CustomCodecs, TypeMode } from '../connection/type-options.js';
import type { FieldInfo, Row } from '../query/query-result.js';

/** What a column set means, made once for each: its decoder is generated code. */
export class ResultShape {
  #decoder: RowDecoder | undefined;
  #info: readonly FieldInfo[] | undefined;

  constructor(
    readonly fields: readonly WireField[],
    readonly types: TypeMap,
  ) {}

  get decoder(): RowDecoder {
    return (this.#decoder ??= createRowDecoder(this.fields, this.types));
  }

  /** As callers see it: in which form a cell travelled is nothing to them. */
  get info(): readonly FieldInfo[] {
    return (this.#info ??= this.fields.map(({ name, tableOid, column, typeOid, typeModifier }) => ({
      name,
      tableOid,
      column,
      typeOid,
      typeModifier,
    })));
  }
}

/** DataRow messages, one behind the other. */
export interface RowSegment {
  readonly bytes: Buffer;
  readonly from: number;
  readonly count: number;
}

export class RawRowsChunk implements TravellingChunk {
  #segment = 0;
  /** Where the next row lies in its segment, and how many of it have been read. */
  #at = -1;
  #read = 0;
  #done = 0;

  constructor(
    readonly shape: ResultShape,
    readonly segments: readonly RowSegment[],
    readonly rowCount: number,
    readonly byteLength: number,
  ) {}

  decode(from: number, to: number, into: Row[]): void {
    if (from < this.#done) this.#rewind();
    if (from > this.#done) this.decode(this.#done, from, []);
    const { decoder } = this.shape;
    for (let left = to - from; left > 0;) {
      const segment = this.segments[this.#segment] as RowSegment;
      const count = Math.min(left, segment.count - this.#read);
      this.#at = decoder(segment.bytes, this.#at < 0 ? segment.from : this.#at, count, into);
      this.#read += count;
      left -= count;
      if (this.#read === segment.count) {
        this.#segment++;
        this.#at = -1;
        this.#read = 0;
      }
    }
    this.#done = to;
  }

  get fields(): readonly WireField[] {
    return this.shape.fields;
  }

  transport(): ChunkForm {
    const [first] = this.segments;
    const data =
      this.segments.length === 1 && first
        ? first.bytes.subarray(first.from, first.from + this.byteLength)
        : Buffer.concat(this.segments.map(messagesOf), this.byteLength);
    return { kind: 'raw', rowCount: this.rowCount, data };
  }

  #rewind(): void {
    this.#segment = this.#read = this.#done = 0;
    this.#at = -1;
  }

  columns(): readonly Column[] {
    throw new Error('bug: rows were asked for');
  }

  bytes(): Uint8Array {
    throw new Error('bug: rows were asked for');
  }
}

/** A segment says how many messages it has, and the messages how long they are. */
function messagesOf({ bytes, from, count }: RowSegment): Buffer {
  let end = from;
  for (let left = count; left > 0; left--) end += 1 + bytes.readInt32BE(end + 1);
  return bytes.subarray(from, end);
}

export class ColumnsChunk implements TravellingChunk {
  readonly rowCount: number;
  readonly byteLength: number;
  #reader: ColumnBatchReader | undefined;

  constructor(
    readonly shape: ResultShape,
    readonly batch: ColumnBatch,
  ) {
    this.rowCount = batch.rowCount;
    this.byteLength = batch.data.byteLength;
  }

  decode(from: number, to: number, into: Row[]): void {
    this.#open().rows(from, to, into);
  }

  columns(): readonly Column[] {
    return this.#open().columns();
  }

  bytes(): Uint8Array {
    throw new Error('bug: columns were asked for');
  }

  get fields(): readonly WireField[] {
    return this.shape.fields;
  }

  /** Gives its memory away. */
  transport(): ChunkForm {
    const { rowCount, data, layout } = this.batch;
    return { kind: 'columns', rowCount, data, layout };
  }

  #open(): ColumnBatchReader {
    return (this.#reader ??= new ColumnBatchReader(this.batch, this.shape.fields, this.shape.types));
  }
}

export class BytesChunk implements TravellingChunk {
  readonly rowCount = 0;
  readonly fields: readonly ChunkField[] = NO_FIELDS;

  constructor(readonly data: Uint8Array) {}

  get byteLength(): number {
    return this.data.length;
  }

  decode(): void {
    throw new Error('bug: bytes were asked for');
  }

  columns(): readonly Column[] {
    throw new Error('bug: bytes were asked for');
  }

  bytes(): Uint8Array {
    return this.data;
  }

  /** Gives its memory away when all of it is its own. */
  transport(): ChunkForm {
    const { buffer, byteLength } = this.data;
    return { kind: 'bytes', rowCount: 0, data: byteLength === buffer.byteLength ? (buffer as ArrayBuffer) : this.data };
  }
}

const NO_FIELDS: readonly ChunkField[] = [];

/** Makes chunks of this thread of what another one sent. */
export type ChunkReceiver = (form: ChunkForm, fields: readonly ChunkField[]) => ResultChunk;

const RECEIVERS = new WeakMap<CustomCodecs, Map<TypeMode, ChunkReceiver>>();

/** One for all connections of the same types, so that a column set has one decoder, not one for each connection. */
export function receiverOf(mode: TypeMode, custom: CustomCodecs): ChunkReceiver {
  let byMode = RECEIVERS.get(custom);
  if (!byMode) RECEIVERS.set(custom, (byMode = new Map()));
  let receiver = byMode.get(mode);
  if (!receiver) byMode.set(mode, (receiver = receiverFor(typeMapOf(mode, custom))));
  return receiver;
}

function receiverFor(types: TypeMap): ChunkReceiver {
  const shapes = new WeakMap<readonly ChunkField[], ResultShape>();
  return ({ kind, rowCount, data, layout }, fields) => {
    const bytes = ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(data);
    if (kind === 'bytes') return new BytesChunk(bytes);
    let shape = shapes.get(fields);
    // A chunk of rows knows the form of each of its cells.
    if (!shape) shapes.set(fields, (shape = new ResultShape(fields as readonly WireField[], types)));
    if (kind === 'raw') return new RawRowsChunk(shape, [{ bytes, from: 0, count: rowCount }], rowCount, bytes.length);
    return new ColumnsChunk(shape, { rowCount, data: data as ArrayBuffer, layout: layout as number[] });
  };
}

/** The types of a connection whose socket is in this thread, or whose values are read here. */
export function typeMapOf(mode: TypeMode, custom: CustomCodecs): TypeMap {
  const codecs = new Map([...custom].map(([oid, text]) => [oid, { preferred: 0 as const, text }]));
  return createTypeMap({ mode, codecs });
}

/** The same in a worker, where a custom type is only carried. */
export function carryingTypeMap(mode: TypeMode, customTypes: readonly number[]): TypeMap {
  return typeMapOf(mode, new Map(customTypes.map((oid) => [oid, (text: string) => text])));
}
