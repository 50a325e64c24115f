// What the main thread asks, as frames of bytes: written here, read in the worker by request-reader. It keeps no state but
// the statements' numbers and the credits of this tick.
import type { BatchPart, ExecuteOptions, Limits } from '../connection/execution.js';
import type { Statement } from '../query/statement.js';
import { Asked, type ToWorker } from './messages.js';
import type { Outbox } from './outbox.js';
import { StatementNumbers } from './statement-frames.js';

export const FORMS = ['rows', 'columns', 'json', 'ndjson'] as const;

/** The low two bits are the form. */
export const enum Option {
  Form = 3,
  Prepare = 4,
  Shared = 8,
  CopyIn = 16,
  CopyOut = 32,
  Limits = 64,
  Prelude = 128,
  Fetch = 256,
}

/** Whose reader took chunks in this tick. */
export interface Debtor {
  readonly connection: number;
  readonly id: number;
  readonly over: boolean;
  /** Takes the count. */
  settleDebt(): number;
}

export class RequestSender {
  readonly #outbox: Outbox<ToWorker>;
  readonly #statements: StatementNumbers;
  #debtors: Debtor[] = [];

  constructor(outbox: Outbox<ToWorker>, statements = new StatementNumbers()) {
    this.#outbox = outbox;
    this.#statements = statements;
    outbox.beforeFlush = () => this.#credit();
  }

  /** @throws RangeError when Bind cannot carry the parameters, or memory is short; nothing is sent then */
  execute(connection: number, id: number, statement: Statement, options: ExecuteOptions): void {
    const start = this.#outbox.bytes.at;
    try {
      this.#execute(connection, id, statement, options);
    } catch (error) {
      throw this.#undo(start, error);
    }
  }

  /** Ids are counted on from the first, one a part. @throws as execute */
  batch(connection: number, firstId: number, parts: readonly BatchPart[], limits: Limits): void {
    const { bytes } = this.#outbox;
    const start = bytes.at;
    try {
      this.#begin(Asked.Batch, connection, firstId, 32);
      bytes.f64(limits.maxRows);
      bytes.f64(limits.maxBytes);
      bytes.u32(parts.length);
      for (const { prepare, statement } of parts) {
        bytes.reserve(1);
        bytes.u8(prepare ? 1 : 0);
        this.#statements.write(bytes, statement);
      }
    } catch (error) {
      throw this.#undo(start, error);
    }
  }

  /** Told at the end of the tick: by then most small results are over, and need none. */
  owe(debtor: Debtor): void {
    this.#debtors.push(debtor);
    this.#outbox.touch();
  }

  fetch(connection: number, id: number): void {
    this.#begin(Asked.Fetch, connection, id, 0);
  }

  finish(connection: number, id: number): void {
    this.#begin(Asked.Finish, connection, id, 0);
  }

  /** @throws RangeError when memory is short */
  copyData(connection: number, id: number, data: Uint8Array): void {
    const { bytes } = this.#outbox;
    this.#begin(Asked.CopyData, connection, id, 4 + data.length);
    bytes.u32(data.length);
    bytes.raw(data);
  }

  copyEnd(connection: number, id: number): void {
    this.#begin(Asked.CopyEnd, connection, id, 0);
  }

  item(item: ToWorker): void {
    this.#outbox.item(item);
  }

  #execute(connection: number, id: number, statement: Statement, options: ExecuteOptions): void {
    const { bytes } = this.#outbox;
    const { limits, prelude, fetchRows } = options;
    const flags = flagsOf(options);
    this.#begin(Asked.Execute, connection, id, 32);
    bytes.u16(flags);
    if (flags & Option.Limits) {
      bytes.f64(limits.maxRows);
      bytes.f64(limits.maxBytes);
    }
    if (fetchRows !== undefined) bytes.u32(fetchRows);
    if (prelude) {
      bytes.u16(prelude.length);
      for (const before of prelude) this.#statements.write(bytes, before);
    }
    this.#statements.write(bytes, statement);
  }

  #credit(): void {
    const debtors = this.#debtors;
    if (debtors.length === 0) return;
    this.#debtors = [];
    for (const debtor of debtors) {
      if (debtor.over) continue;
      this.#begin(Asked.Credit, debtor.connection, debtor.id, 4);
      this.#outbox.bytes.u32(debtor.settleDebt());
    }
  }

  #begin(asked: Asked, connection: number, id: number, room: number): void {
    const { bytes } = this.#outbox;
    bytes.reserve(9 + room);
    this.#outbox.touch();
    bytes.u8(asked);
    bytes.u32(connection);
    bytes.u32(id);
  }

  #undo(start: number, error: unknown): unknown {
    this.#outbox.bytes.at = start;
    this.#statements.forget();
    return error;
  }
}

function flagsOf({ form, prepare, shared, copy, limits, prelude, fetchRows }: ExecuteOptions): number {
  return (
    FORMS.indexOf(form) |
    (prepare ? Option.Prepare : 0) |
    (shared ? Option.Shared : 0) |
    (copy === 'in' ? Option.CopyIn : 0) |
    (copy === 'out' ? Option.CopyOut : 0) |
    (limits.maxRows > 0 || limits.maxBytes > 0 ? Option.Limits : 0) |
    (prelude ? Option.Prelude : 0) |
    (fetchRows === undefined ? 0 : Option.Fetch)
  );
}
