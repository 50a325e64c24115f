// A connector without a server, for real worker threads: what a statement says is what happens. It keeps to the port's
// rules, the window of unread chunks among them.
import type {
  Connection,
  ConnectionEvents,
  ConnectionInfo,
  NotificationListener,
  Place,
  StepContext,
  TransactionStatus,
} from '../src/connection/connection.js';
import type { ConnectRequest } from '../src/connection/connector.js';
import {
  CHUNK_WINDOW,
  type BatchPart,
  type ExecuteOptions,
  type Execution,
  type ResultEnd,
  type ResultSink,
} from '../src/connection/execution.js';
import { databaseError } from '../src/errors/database.error.js';
import { BytesChunk, RawRowsChunk, ResultShape, typeMapOf } from '../src/postgres/decode.js';
import { NO_CODECS } from '../src/connection/type-options.js';
import type { SessionTouch } from '../src/query/statement-class.js';
import type { Statement } from '../src/query/statement.js';
import type { HostConnector } from '../src/worker/connection-host.js';
import { serve } from '../src/worker/serve.js';

const FIELD = { name: 'echo', tableOid: 0, column: 0, typeOid: 25, typeModifier: -1, format: 0 } as const;
const SHAPE = new ResultShape([FIELD], typeMapOf('pg', NO_CODECS));

/**
 * `echo`: its parameters, one row each. `chunks n bytes`: n chunks of so many bytes. `hang`: no answer. `fail`. `copy`: COPY
 * data, which it takes `slowly`, in turns of the loop, when it says so. `notify`. `drop`: the connection is lost.
 */
class EchoExecution implements Execution {
  #unread = 0;
  #left = 0;
  #size = 0;
  #copied = 0;
  readonly #slow: boolean;

  constructor(
    private readonly connection: EchoConnection,
    private readonly statement: Statement,
    private readonly sink: ResultSink,
  ) {
    this.#slow = statement.text.includes('slowly');
  }

  start(): void {
    const { text } = this.statement;
    const [what, ...numbers] = text.split(' ');
    if (what === 'echo') {
      const rows = values(this.statement.encoded as Uint8Array).map(dataRow);
      const bytes = Buffer.concat(rows);
      if (rows.length > 0) {
        this.sink.chunk(new RawRowsChunk(SHAPE, [{ bytes, from: 0, count: rows.length }], rows.length, bytes.length));
      }
      this.end(rows.length, bytes.length);
    } else if (what === 'chunks') {
      [this.#left, this.#size] = numbers.map(Number) as [number, number];
      this.#pump();
    } else if (what === 'fail') {
      this.sink.fail(databaseError({ code: 'DB_UNIQUE', message: 'twice', constraint: 'key', database: 'Main' }));
      this.connection.left(this);
    } else if (what === 'copy') this.sink.writable?.();
    else if (what === 'notify') {
      this.connection.listener?.('channel', 'payload', 5);
      this.end(0, 0);
    } else if (what === 'drop') this.connection.lose();
  }

  taken(): void {
    this.#unread--;
    this.#pump();
  }

  cancel(): Promise<void> {
    this.fail(databaseError({ code: 'DB_CANCELLED', message: 'cancelled', database: 'Main' }));
    return Promise.resolve();
  }

  fail(error: ReturnType<typeof databaseError>): void {
    if (this.connection.left(this)) this.sink.fail(error);
  }

  fetch(): void {}
  finish(): void {}

  copyData(bytes: Uint8Array): boolean {
    this.#copied += bytes.length;
    if (!this.#slow) return true;
    setImmediate(() => this.sink.writable?.());
    return false;
  }

  copyEnd(error?: string): void {
    if (error === undefined) this.end(this.#copied, 0);
    else this.fail(databaseError({ code: 'DB_QUERY', message: error, database: 'Main' }));
  }

  #pump(): void {
    while (this.#left > 0 && this.#unread < CHUNK_WINDOW) {
      this.#left--;
      this.#unread++;
      this.connection.sent++;
      const bytes = Buffer.alloc(this.#size, 65 + (this.#left % 26));
      this.sink.chunk(new BytesChunk(new Uint8Array(bytes)));
    }
    if (this.#left === 0 && this.#size > 0) {
      this.#size = 0;
      this.end(0, 0);
    }
  }

  end(rowCount: number, bytes: number): void {
    if (!this.connection.left(this)) return;
    this.sink.end({ command: 'ECHO', rowCount, fields: SHAPE.fields, bytes } satisfies ResultEnd);
  }
}

class EchoConnection implements Connection {
  readonly info: ConnectionInfo;
  readonly capabilities = { pipelineDepth: 1000, prepared: true, ownSession: true };
  readonly cancelTarget;
  readonly touched: ReadonlySet<SessionTouch> = new Set();
  readonly #open = new Set<EchoExecution>();
  transactionStatus: TransactionStatus = 'I';
  listener: NotificationListener | undefined;
  sent = 0;

  constructor(
    place: Place,
    request: ConnectRequest,
    private readonly events: ConnectionEvents,
  ) {
    this.info = { place, processId: 7, address: `${request.host}:${request.port}`, serverVersion: 'echo' };
    this.cancelTarget = { host: request.host, port: request.port, processId: 7, secretKey: 9 };
  }

  get inFlight(): number {
    return this.#open.size;
  }

  execute(statement: Statement, _options: ExecuteOptions, sink: ResultSink): Execution {
    const execution = new EchoExecution(this, statement, sink);
    this.#open.add(execution);
    execution.start();
    return execution;
  }

  batch(parts: readonly BatchPart[]): Execution {
    const all = parts.map(({ statement, sink }) => this.execute(statement, OPTIONS, sink));
    return all[0] as Execution;
  }

  onNotification(listener: NotificationListener | undefined): void {
    this.listener = listener;
  }

  async reset(): Promise<void> {}
  async ping(): Promise<void> {}

  async close(_context: StepContext): Promise<void> {
    this.lose();
  }

  left(execution: EchoExecution): boolean {
    return this.#open.delete(execution);
  }

  lose(): void {
    const error = databaseError({ code: 'DB_CONNECTION_LOST', message: 'dropped', database: 'Main' });
    for (const execution of this.#open) execution.fail(error);
    this.events.lost(error);
  }
}

const OPTIONS: ExecuteOptions = { form: 'rows', limits: { maxRows: 0, maxBytes: 0 }, prepare: false };

/** Bind's values as text. */
function values(encoded: Uint8Array): string[] {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  let at = 2 + 2 * bytes.readUInt16BE(0);
  const count = bytes.readUInt16BE(at);
  at += 2;
  return Array.from({ length: count }, () => {
    const length = bytes.readInt32BE(at);
    const text = length < 0 ? 'NULL' : bytes.toString('utf8', at + 4, at + 4 + length);
    at += 4 + Math.max(0, length);
    return text;
  });
}

function dataRow(text: string): Buffer {
  const cell = Buffer.from(text);
  const row = Buffer.alloc(11 + cell.length);
  row[0] = 0x44;
  row.writeInt32BE(row.length - 1, 1);
  row.writeInt16BE(1, 5);
  row.writeInt32BE(cell.length, 7);
  cell.copy(row, 11);
  return row;
}

export function serveEcho(): void {
  serve((place): HostConnector => ({
    place,
    load: 0,
    connect: async (request, _context, events) => {
      if (request.host === 'never') await new Promise(() => {});
      if (request.host !== 'nowhere') return new EchoConnection(place, request, events);
      throw databaseError({ code: 'DB_CONNECT_FAILED', message: 'nobody there', database: 'Main' });
    },
  }));
}
