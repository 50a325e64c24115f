// What a worker answers, as frames of bytes: descriptions of columns and commands' words cross once and are numbers then,
// small chunks are copied into the packet, large ones travel behind it as memory that is given away.
import type { TransactionStatus } from '../connection/connection.js';
import type { TravellingChunk } from '../connection/chunk-form.js';
import type { ResultEnd } from '../connection/execution.js';
import type { ByteWriter } from './byte-writer.js';
import { Told, type FromWorker, type Shape } from './messages.js';
import type { Outbox } from './outbox.js';
import { CommandNumbers, ShapeNumbers } from './shape-frames.js';

/** From this size on, bytes, a chunk is memory of its own: below, its copy is cheaper than making and moving one. */
const LARGE = 32_768;
/** A rowCount that is null. */
export const NO_COUNT = -1;

export const STATUSES: readonly TransactionStatus[] = ['I', 'T', 'E'];

export class AnswerSender {
  readonly #outbox: Outbox<FromWorker>;
  readonly #bytes: ByteWriter;
  readonly #shapes = new ShapeNumbers();
  readonly #commands = new CommandNumbers();

  constructor(outbox: Outbox<FromWorker>) {
    this.#outbox = outbox;
    this.#bytes = outbox.bytes;
  }

  chunk(connection: number, id: number, chunk: TravellingChunk): void {
    const form = chunk.transport();
    const shape = this.#shape(chunk.fields);
    const { kind, rowCount, data } = form;
    if (kind === 'columns' || data.byteLength > LARGE) {
      // Lent memory, which may be part of something larger, is not ours to give away.
      const memory = ArrayBuffer.isView(data) ? Uint8Array.from(data).buffer : data;
      this.#outbox.item({ kind: 'chunk', connection, id, shape, form: { ...form, data: memory } }, memory);
      return;
    }
    const bytes = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
    this.#begin(kind === 'raw' ? Told.Rows : Told.Bytes, connection, id, 12 + bytes.length);
    this.#bytes.u32(shape);
    this.#bytes.u32(rowCount);
    this.#bytes.u32(bytes.length);
    this.#bytes.raw(bytes);
  }

  ended(connection: number, id: number, end: ResultEnd, status: TransactionStatus): void {
    const shape = this.#shape(end.fields);
    const command = this.#commands.write(this.#bytes, end.command);
    this.#begin(Told.Ended, connection, id, 32);
    this.#bytes.u8(STATUSES.indexOf(status));
    this.#bytes.u32(shape);
    this.#bytes.u32(command);
    this.#bytes.f64(end.rowCount ?? NO_COUNT);
    this.#bytes.f64(end.bytes);
  }

  suspended(connection: number, id: number): void {
    this.#begin(Told.Suspended, connection, id, 0);
  }

  writable(connection: number, id: number): void {
    this.#begin(Told.Writable, connection, id, 0);
  }

  copyTaken(connection: number, id: number, bytes: number): void {
    this.#begin(Told.CopyTaken, connection, id, 8);
    this.#bytes.f64(bytes);
  }

  done(connection: number, id: number, status: TransactionStatus): void {
    this.#begin(Told.Done, connection, id, 1);
    this.#bytes.u8(STATUSES.indexOf(status));
  }

  item(item: FromWorker): void {
    this.#outbox.item(item);
  }

  #shape(fields: Shape): number {
    this.#outbox.touch();
    return this.#shapes.write(this.#bytes, fields);
  }

  #begin(told: Told, connection: number, id: number, room: number): void {
    this.#bytes.reserve(9 + room);
    this.#outbox.touch();
    this.#bytes.u8(told);
    this.#bytes.u32(connection);
    this.#bytes.u32(id);
  }
}
