// One statement on pg's wire: Parse, Bind, Describe, Execute, Sync in one flight (the extended protocol always, so one
// statement a call), its answer gathered as text cells. It settles at ReadyForQuery, when the connection tells it to.
import { CHUNK_BYTES, CHUNK_WINDOW, type CancelReason, type Execution, type Limits } from '../connection/execution.js';
import type { ResultChunk, ResultEnd } from '../connection/execution.js';
import { ResultBuffer } from '../connection/result-buffer.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { FieldInfo } from '../query/query-result.js';
import type { Statement } from '../query/statement.js';
import { TextChunk } from './decode.js';
import { executeError } from './error.mapper.js';
import type { PgField, PgSubmittable, PgWire } from './pg-internals.js';

/** What an execution needs of its connection. */
export interface PgExecutionOwner {
  readonly database: string;
  cancel(execution: PgExecution, reason: CancelReason): Promise<void>;
}

export class PgExecution implements Execution, PgSubmittable {
  readonly #owner: PgExecutionOwner;
  readonly #buffer: ResultBuffer;
  readonly #limits: Limits;
  #wire: PgWire | undefined;
  #fields: readonly FieldInfo[] = [];
  #cells: (string | null)[] = [];
  #rowsInChunk = 0;
  #bytesInChunk = 0;
  #rows = 0;
  #bytes = 0;
  #tag = '';
  #failure: Error | undefined;
  /** The limit that was crossed. */
  #beyond: string | undefined;
  /** Rows were thrown away after a cancel: the answer, were it whole at the server's side, must not resolve. */
  #dropped = false;
  cancelReason: CancelReason | undefined;
  /** ReadyForQuery came; a cancel may still be on its way. */
  answered = false;

  /** @param statement undefined = a bare Sync: the round trip of a ping */
  constructor(
    readonly statement: Statement | undefined,
    limits: Limits,
    owner: PgExecutionOwner,
  ) {
    this.#limits = limits;
    this.#owner = owner;
    this.#buffer = new ResultBuffer(() => this.#resume());
  }

  get end(): Promise<ResultEnd> {
    return this.#buffer.end;
  }

  get settled(): boolean {
    return this.#buffer.settled;
  }

  get sent(): boolean {
    return this.#wire !== undefined;
  }

  next(): Promise<ResultChunk | undefined> {
    return this.#buffer.next();
  }

  cancel(reason: CancelReason): Promise<void> {
    return this.#owner.cancel(this, reason);
  }

  /** The connection saw ReadyForQuery: the answer is whole. */
  settle(): void {
    if (this.#dropped && !this.#beyond && !this.#failure) return this.#buffer.fail(this.#cutShort());
    if (this.#beyond) return this.#buffer.fail(this.#tooLarge(this.#beyond));
    if (this.#failure) return this.#buffer.fail(this.#translate(this.#failure, true));
    this.#flushChunk();
    this.#buffer.finish(endOf(this.#tag, this.#fields));
  }

  /** The connection ended first, or the statement was never sent. What the server said of it goes before `error`. */
  abandon(error: DatabaseError): void {
    if (this.#beyond) return this.#buffer.fail(this.#tooLarge(this.#beyond, error));
    this.#buffer.fail(this.#failure ? this.#translate(this.#failure, false) : this.#closing(error));
  }

  /** From now on the answer is thrown away; the socket is read on, so that ReadyForQuery can come. */
  discard(): void {
    this.#dropped ||= this.#buffer.unread > 0 || this.#cells.length > 0;
    this.#buffer.discard();
    this.#cells = [];
  }

  submit(wire: PgWire): null {
    this.#wire = wire;
    if (!this.statement) {
      wire.sync();
      return null;
    }
    const { text, parameters } = this.statement;
    wire.stream.cork();
    try {
      wire.parse({ name: '', text, types: [] });
      wire.bind({ portal: '', statement: '', values: parameters.map(toBuffer) });
      wire.describe({ type: 'P', name: '' });
      wire.execute({ portal: '', rows: 0 });
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    return null;
  }

  handleRowDescription(message: { fields: readonly PgField[] }): void {
    this.#fields = message.fields.map((field) => ({
      name: field.name,
      tableOid: field.tableID,
      column: field.columnID,
      typeOid: field.dataTypeID,
      typeModifier: field.dataTypeModifier,
    }));
  }

  handleDataRow(message: { fields: readonly (string | null)[]; length: number }): void {
    if (this.#failure || this.#beyond) return;
    if (this.cancelReason) {
      this.#dropped = true;
      return;
    }
    this.#rows++;
    this.#bytes += message.length;
    const { maxRows, maxBytes } = this.#limits;
    if (maxRows > 0 && this.#rows > maxRows) return this.#stopAt(`${maxRows} rows`);
    if (maxBytes > 0 && this.#bytes > maxBytes) return this.#stopAt(`${maxBytes} bytes`);
    for (const cell of message.fields) this.#cells.push(cell);
    this.#rowsInChunk++;
    this.#bytesInChunk += message.length;
    if (this.#bytesInChunk >= CHUNK_BYTES) {
      this.#flushChunk();
      if (this.#buffer.unread >= CHUNK_WINDOW) this.#wire?.stream.pause();
    }
  }

  handleCommandComplete(message: { text: string }): void {
    this.#tag = message.text;
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(wire: PgWire): void {
    this.#failure = unsupportedCopy(this.#owner.database);
    // In copy-in mode the server ignores the Sync that was sent with the statement (manual 55.2.7): it needs another.
    wire.sendCopyFail('query() takes no COPY data');
    wire.sync();
  }

  handleCopyData(): void {
    if (this.#failure) return;
    this.#failure = unsupportedCopy(this.#owner.database);
    void this.cancel('limit');
  }

  /** Also called by pg when the connection dies; what the server said first is kept. */
  handleError(error: Error): void {
    this.#failure ??= error;
  }

  handleReadyForQuery(): void {}

  /** @param alive the answer is whole: ReadyForQuery came */
  #translate(failure: Error, alive: boolean): DatabaseError {
    const inDoubt = !alive && this.sent;
    const parameters = this.statement?.parameters ?? [];
    return this.#closing(executeError(failure, { database: this.#owner.database, inDoubt, alive, parameters }));
  }

  /** Whoever is cut off by the shutdown hears of the shutdown, not of the means. */
  #closing(error: DatabaseError): DatabaseError {
    if (this.cancelReason !== 'shutdown') return error;
    const { database } = this.#owner;
    const message = `${database}: was cut off because the database is being closed`;
    return databaseError({ code: 'DB_CLOSING', message, database, inDoubt: error.inDoubt }, { cause: error });
  }

  /** The cancel came too late for the statement, but its rows are gone. */
  #cutShort(): DatabaseError {
    const { database } = this.#owner;
    const inDoubt = this.statement?.reads !== true;
    return this.#closing(databaseError({ code: 'DB_CANCELLED', message: `${database}: cancelled`, database, inDoubt }));
  }

  #stopAt(limit: string): void {
    this.#beyond = limit;
    void this.cancel('limit');
  }

  /** A write that had ended before the cancel came is done: its rows were too many, not its work. */
  #tooLarge(limit: string, cause?: DatabaseError): DatabaseError {
    const { database } = this.#owner;
    const message = `${database}: the result is larger than ${limit} (Results.MaxRows, Results.MaxBytes or maxRows)`;
    const inDoubt = this.#tag !== '' && this.statement?.reads !== true;
    return databaseError({ code: 'DB_RESULT_TOO_LARGE', message, database, inDoubt }, { cause });
  }

  #flushChunk(): void {
    if (this.#rowsInChunk === 0) return;
    this.#buffer.push(new TextChunk({ fields: this.#fields, rowCount: this.#rowsInChunk, cells: this.#cells }));
    this.#cells = [];
    this.#rowsInChunk = 0;
    this.#bytesInChunk = 0;
  }

  #resume(): void {
    if (this.#wire?.stream.isPaused()) this.#wire.stream.resume();
  }
}

/** `INSERT 0 5` → INSERT, 5; `CREATE TABLE` → CREATE TABLE, null. */
function endOf(tag: string, fields: readonly FieldInfo[]): ResultEnd {
  const [, command = '', count] = /^(.*?)(?: \d+)*?(?: (\d+))?$/.exec(tag) ?? [];
  return { command, rowCount: count === undefined ? null : Number(count), fields };
}

/** pg sends only Buffers in binary form. */
function toBuffer(parameter: string | Uint8Array | null): string | Buffer | null {
  if (parameter === null || typeof parameter === 'string') return parameter;
  return Buffer.isBuffer(parameter)
    ? parameter
    : Buffer.from(parameter.buffer, parameter.byteOffset, parameter.byteLength);
}

function unsupportedCopy(database: string): DatabaseError {
  return databaseError({ code: 'DB_QUERY', message: `${database}: COPY cannot be run by query()`, database });
}
