// The main thread's reading of what a worker answered: frames become calls on the connection they are for, in order. Those
// for a connection that is gone are passed over.
import type { TransactionStatus } from '../connection/connection.js';
import type { ChunkForm } from '../connection/chunk-form.js';
import type { ResultEnd } from '../connection/execution.js';
import { NO_COUNT, STATUSES } from './answer-sender.js';
import { ByteReader } from './byte-reader.js';
import { Told, type FromWorker, type Packet, type Shape } from './messages.js';
import { readCommand, readShape } from './shape-frames.js';

/** A connection, as the worker's answers see it. */
export interface AnswerTarget {
  chunk(id: number, form: ChunkForm, shape: Shape): void;
  ended(id: number, end: ResultEnd, status: TransactionStatus): void;
  suspended(id: number): void;
  writable(id: number): void;
  copyTaken(id: number, bytes: number): void;
  done(id: number, status: TransactionStatus): void;
}

export class AnswerReader {
  readonly #find: (connection: number) => AnswerTarget | undefined;
  /** A sink has thrown: its neighbours must hear their answers all the same. */
  readonly #onThrow: (error: unknown) => void;
  readonly #shapes: Shape[] = [];
  readonly #commands: string[] = [];
  #understood = false;
  /** Statements that ended well. */
  ended = 0;

  constructor(find: (connection: number) => AnswerTarget | undefined, onThrow: (error: unknown) => void) {
    this.#find = find;
    this.#onThrow = onThrow;
  }

  /** @throws RangeError when a packet is not what a worker of ours writes */
  read(packet: Packet): void {
    const reader = new ByteReader(packet);
    while (!reader.done) {
      this.#understood = false;
      try {
        this.#frame(reader);
      } catch (error) {
        if (!this.#understood) throw error;
        this.#onThrow(error);
      }
    }
  }

  /** A chunk that came by itself. */
  chunk({ connection, id, form, shape }: Extract<FromWorker, { kind: 'chunk' }>): void {
    this.#find(connection)?.chunk(id, form, this.#shape(shape));
  }

  #frame(reader: ByteReader): void {
    const told: Told = reader.u8();
    if (told === Told.Shape) return readShape(reader, this.#shapes);
    if (told === Told.Command) return readCommand(reader, this.#commands);
    const target = this.#find(reader.u32());
    const id = reader.u32();
    switch (told) {
      case Told.Rows:
      case Told.Bytes: {
        const shape = this.#shape(reader.u32());
        const rowCount = reader.u32();
        const data = reader.raw(reader.u32());
        this.#understood = true;
        return target?.chunk(id, { kind: told === Told.Rows ? 'raw' : 'bytes', rowCount, data }, shape);
      }
      case Told.Ended: {
        const status = statusOf(reader);
        const end = this.#end(reader);
        this.ended++;
        this.#understood = true;
        return target?.ended(id, end, status);
      }
      case Told.Done: {
        const status = statusOf(reader);
        this.#understood = true;
        return target?.done(id, status);
      }
      case Told.CopyTaken: {
        const bytes = reader.f64();
        this.#understood = true;
        return target?.copyTaken(id, bytes);
      }
      case Told.Suspended:
        this.#understood = true;
        return target?.suspended(id);
      case Told.Writable:
        this.#understood = true;
        return target?.writable(id);
      default:
        throw new RangeError(`an unknown frame (${String(told)}) between threads`);
    }
  }

  #end(reader: ByteReader): ResultEnd {
    const fields = this.#shape(reader.u32());
    const command = this.#commands[reader.u32()];
    if (command === undefined) throw new RangeError('a command between threads has no name');
    const rowCount = reader.f64();
    return { command, rowCount: rowCount === NO_COUNT ? null : rowCount, fields, bytes: reader.f64() };
  }

  #shape(number: number): Shape {
    const shape = this.#shapes[number];
    if (!shape) throw new RangeError(`no columns have the number ${number}`);
    return shape;
  }
}

function statusOf(reader: ByteReader): TransactionStatus {
  return STATUSES[reader.u8()] as TransactionStatus;
}
