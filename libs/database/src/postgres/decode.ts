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

export class RawRowsChunk implements ResultChunk {
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

export class ColumnsChunk implements ResultChunk {
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

  #open(): ColumnBatchReader {
    return (this.#reader ??= new ColumnBatchReader(this.batch, this.shape.fields, this.shape.types));
  }
}

export class BytesChunk implements ResultChunk {
  readonly rowCount = 0;

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
