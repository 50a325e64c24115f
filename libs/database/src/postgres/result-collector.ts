// Gathers the rows of one result into chunks of the form that was asked for. Rows lie one behind the other in what the
// socket gave, so they are taken by whole stretches, not one by one.
import { ColumnBatchWriter, JsonWriter } from '@hydrogen/wire';
import type { ResultChunk, ResultForm } from '../connection/execution.js';
import { BytesChunk, ColumnsChunk, RawRowsChunk, type ResultShape, type RowSegment } from './decode.js';

/** Where a result will be read: in this thread, or beyond a thread border. */
export type Destination = 'here' | 'abroad';

/** Rows that go to another thread travel as they came up to here, bytes; above it, as columns (measured: transport). */
const RAW_TRAVELS = 32_768;

export class ResultCollector {
  readonly #shape: ResultShape;
  readonly #form: ResultForm;
  readonly #destination: Destination;
  #segments: RowSegment[] = [];
  /** The open stretch: it grows while rows come one behind the other. */
  #bytes: Buffer | undefined;
  #from = 0;
  #end = 0;
  #count = 0;
  #rows = 0;
  #size = 0;
  #columns: ColumnBatchWriter | undefined;
  #json: JsonWriter | undefined;
  #large = false;
  /** Nothing was handed on yet. */
  #first = true;

  constructor(shape: ResultShape, form: ResultForm, destination: Destination) {
    this.#shape = shape;
    this.#form = form;
    this.#destination = destination;
    if (form === 'json' || form === 'ndjson') this.#json = new JsonWriter(shape.fields, shape.types, form);
  }

  /** Bytes of rows since the last chunk. */
  get size(): number {
    return this.#size;
  }

  row(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.#bytes || start !== this.#end) {
      this.#close();
      this.#bytes = bytes;
      this.#from = start;
    }
    this.#end = end;
    this.#count++;
    this.#rows++;
    this.#size += end - start;
  }

  /** What has come since the last chunk. @param last nothing more comes */
  take(last: boolean): ResultChunk | undefined {
    this.#close();
    const chunk = this.#form === 'rows' ? this.#takeRows(last) : this.#takeBuilt(last);
    this.#segments = [];
    this.#rows = 0;
    this.#size = 0;
    return chunk;
  }

  #takeRows(last: boolean): ResultChunk | undefined {
    if (this.#rows === 0) return undefined;
    this.#large ||= !last || this.#size > RAW_TRAVELS;
    if (this.#destination === 'here' || !this.#large) {
      return new RawRowsChunk(this.#shape, this.#segments, this.#rows, this.#size);
    }
    return this.#takeColumns();
  }

  #takeBuilt(last: boolean): ResultChunk | undefined {
    if (!this.#json) return this.#rows === 0 && !(last && this.#first) ? undefined : this.#takeColumns();
    for (const { bytes, from, count } of this.#segments) this.#json.add(bytes, from, count);
    const data = last ? this.#json.finish() : this.#json.take();
    return data.length > 0 ? new BytesChunk(data) : undefined;
  }

  /** Of an empty result too, once: its columns have types all the same. */
  #takeColumns(): ResultChunk {
    this.#first = false;
    this.#columns ??= new ColumnBatchWriter(this.#shape.fields, this.#shape.types);
    for (const { bytes, from, count } of this.#segments) this.#columns.add(bytes, from, count);
    return new ColumnsChunk(this.#shape, this.#columns.take());
  }

  #close(): void {
    if (this.#count > 0) this.#segments.push({ bytes: this.#bytes as Buffer, from: this.#from, count: this.#count });
    this.#bytes = undefined;
    this.#count = 0;
  }
}
