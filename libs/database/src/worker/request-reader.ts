// The worker's reading of what the main thread asked: frames become calls, in order. It decides nothing.
import { NO_LIMITS } from '../connection/connection.js';
import type { ExecuteOptions, Limits } from '../connection/execution.js';
import type { Statement } from '../query/statement.js';
import { ByteReader } from './byte-reader.js';
import { Asked, type Packet } from './messages.js';
import { FORMS, Option } from './request-sender.js';
import { StatementTexts } from './statement-frames.js';

export interface AskedPart {
  readonly statement: Statement;
  readonly prepare: boolean;
}

const RARE = Option.CopyIn | Option.CopyOut | Option.Prelude | Option.Fetch;

/** Whoever does what is asked. */
export interface RequestHandler {
  execute(connection: number, id: number, statement: Statement, options: ExecuteOptions): void;
  batch(connection: number, firstId: number, parts: readonly AskedPart[], limits: Limits): void;
  credit(connection: number, id: number, chunks: number): void;
  fetch(connection: number, id: number): void;
  finish(connection: number, id: number): void;
  /** The bytes may be kept. */
  copyData(connection: number, id: number, bytes: Uint8Array): void;
  copyEnd(connection: number, id: number): void;
}

export class RequestReader {
  readonly #handler: RequestHandler;
  readonly #texts = new StatementTexts();

  constructor(handler: RequestHandler) {
    this.#handler = handler;
  }

  read(packet: Packet): void {
    const reader = new ByteReader(packet);
    while (!reader.done) this.#frame(reader);
  }

  #frame(reader: ByteReader): void {
    const handler = this.#handler;
    const asked: Asked = reader.u8();
    const connection = reader.u32();
    const id = reader.u32();
    switch (asked) {
      case Asked.Execute: {
        const options = this.#options(reader);
        return handler.execute(connection, id, this.#texts.read(reader), options);
      }
      case Asked.Batch: {
        const limits = limitsOf(reader);
        const parts = Array.from({ length: reader.u32() }, (): AskedPart => {
          const prepare = reader.u8() === 1;
          return { prepare, statement: this.#texts.read(reader) };
        });
        return handler.batch(connection, id, parts, limits);
      }
      case Asked.Credit:
        return handler.credit(connection, id, reader.u32());
      case Asked.Fetch:
        return handler.fetch(connection, id);
      case Asked.Finish:
        return handler.finish(connection, id);
      case Asked.CopyData:
        return handler.copyData(connection, id, reader.raw(reader.u32()));
      case Asked.CopyEnd:
        return handler.copyEnd(connection, id);
      default:
        throw new RangeError(`an unknown frame (${String(asked)}) between threads`);
    }
  }

  #options(reader: ByteReader): ExecuteOptions {
    const flags = reader.u16();
    const form = FORMS[flags & Option.Form] as ExecuteOptions['form'];
    const prepare = (flags & Option.Prepare) !== 0;
    const limits = flags & Option.Limits ? limitsOf(reader) : NO_LIMITS;
    // Most statements are no cursor, no COPY and alone.
    if (!(flags & RARE)) {
      return { form, prepare, limits, shared: (flags & Option.Shared) !== 0 };
    }
    const fetchRows = flags & Option.Fetch ? reader.u32() : undefined;
    const prelude =
      flags & Option.Prelude ? Array.from({ length: reader.u16() }, () => this.#texts.read(reader)) : undefined;
    return {
      form,
      prepare,
      limits,
      shared: (flags & Option.Shared) !== 0,
      ...(fetchRows === undefined ? {} : { fetchRows }),
      ...(prelude ? { prelude } : {}),
      ...(flags & Option.CopyIn ? { copy: 'in' as const } : {}),
      ...(flags & Option.CopyOut ? { copy: 'out' as const } : {}),
    };
  }
}

function limitsOf(reader: ByteReader): Limits {
  const maxRows = reader.f64();
  return { maxRows, maxBytes: reader.f64() };
}
