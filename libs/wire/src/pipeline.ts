// What is on its way, in order, and whether the server's answers are the ones that order allows. Each exchange ends with
// one ReadyForQuery of its own, so that an error in one never skips its neighbours.
import type {
  BackendHandler,
  Completion,
  CopyDirection,
  ServerMessage,
  SessionStatus,
} from './backend/backend-messages.js';
import { WireError } from './errors/wire.error.js';
import type { WireField } from './field.js';
import { validateRow } from './rows/validate-row.js';

/** What the server has to answer, one for each message that was sent. A cursor sends `execute` again and again. */
export type Step = 'parse' | 'describe-statement' | 'describe-portal' | 'bind' | 'execute' | 'close';

/** One flight up to its Sync. Steps are answered in order; an error skips what is left of them. */
export interface Exchange {
  /** What is asked of the server; a cursor adds to it while it runs. */
  readonly steps: readonly Step[];
  /** Columns of the rows that the present `execute` brings; undefined = not described, so no row may come. */
  readonly columns: number | undefined;
  /** See BackendHandler.rowCeiling. */
  readonly rowCeiling: number;
  /** `step` was answered, and is done with. */
  answered(step: Step): void;
  parametersDescribed?(typeOids: readonly number[]): void;
  /** undefined = the statement returns no rows. */
  described(fields: readonly WireField[] | undefined): void;
  row(bytes: Buffer, start: number, end: number): void;
  rowSkipped(length: number): void;
  /** The present `execute` ended; an empty query has the tag ''. */
  completed(tag: string): void;
  suspended(): void;
  copyStarted(direction: CopyDirection): void;
  /** COPY TO sends data; valid during the call. */
  copied(bytes: Buffer): void;
  failed(error: ServerMessage): void;
  /** Last, always, unless the connection dies. */
  ready(status: SessionStatus): void;
}

/** What belongs to no exchange. */
export interface SessionListener {
  notice(notice: ServerMessage): void;
  notification(channel: string, payload: string, processId: number): void;
  parameterStatus(name: string, value: string): void;
  /** An error while nothing was asked, or behind another one: the server is about to close the session. */
  sessionError(error: ServerMessage): void;
}

export class Pipeline implements BackendHandler {
  readonly #listener: SessionListener;
  readonly #queue: Exchange[] = [];
  /** Index of the exchange that is being answered; what lies before it is done and cut off now and then. */
  #head = 0;
  #step = 0;
  #failed = false;
  /** Parameters have been described, the columns have not. */
  #halfDescribed = false;
  #copying: CopyDirection | undefined;

  constructor(listener: SessionListener) {
    this.#listener = listener;
  }

  /** Exchanges that have not been answered. */
  get size(): number {
    return this.#queue.length - this.#head;
  }

  /** The one that the server works on. */
  get current(): Exchange | undefined {
    return this.#queue[this.#head];
  }

  /** Those not answered, in order. */
  get waiting(): readonly Exchange[] {
    return this.#queue.slice(this.#head);
  }

  push(exchange: Exchange): void {
    this.#queue.push(exchange);
  }

  /** Nothing will be answered any more. @returns those that were waiting, in order */
  abandon(): readonly Exchange[] {
    const waiting = this.#queue.splice(this.#head);
    this.#queue.length = this.#head = 0;
    return waiting;
  }

  get rowCeiling(): number {
    return this.current?.rowCeiling ?? 0;
  }

  completed(what: Completion): void {
    switch (what) {
      case 'parse':
      case 'bind':
      case 'close':
        return this.#advance(this.#expect(what), what);
      case 'no-data':
        return this.#describe(undefined);
      case 'empty-query':
        return this.#endExecute('');
      case 'portal-suspended': {
        const exchange = this.#expect('execute');
        if (this.#copying) throw this.#unexpected('PortalSuspended');
        this.#advance(exchange, 'execute');
        return exchange.suspended();
      }
      default:
        if (this.#copying !== 'out') throw this.#unexpected('CopyDone');
        this.#copying = undefined;
    }
  }

  parameterDescription(typeOids: readonly number[]): void {
    const exchange = this.#expect('describe-statement');
    if (this.#halfDescribed) throw this.#unexpected('a second ParameterDescription');
    this.#halfDescribed = true;
    exchange.parametersDescribed?.(typeOids);
  }

  rowDescription(fields: readonly WireField[]): void {
    this.#describe(fields);
  }

  dataRow(bytes: Buffer, start: number, end: number): void {
    const exchange = this.#expect('execute');
    const { columns } = exchange;
    if (columns === undefined || this.#copying) throw this.#unexpected('DataRow');
    validateRow(bytes, start + 5, end, columns);
    exchange.row(bytes, start, end);
  }

  rowSkipped(length: number): void {
    const exchange = this.#expect('execute');
    if (exchange.columns === undefined || this.#copying) throw this.#unexpected('DataRow');
    exchange.rowSkipped(length);
  }

  commandComplete(tag: string): void {
    this.#endExecute(tag);
  }

  error(error: ServerMessage): void {
    const exchange = this.current;
    // The session may be ended while the server waits for the Sync behind an error.
    if (!exchange || (this.#failed && isFatal(error))) return this.#listener.sessionError(error);
    if (this.#failed) throw this.#unexpected('a second ErrorResponse');
    this.#failed = true;
    exchange.failed(error);
  }

  readyForQuery(status: SessionStatus): void {
    const exchange = this.current;
    if (!exchange || (!this.#failed && this.#step < exchange.steps.length)) throw this.#unexpected('ReadyForQuery');
    this.#queue[this.#head++] = undefined as unknown as Exchange;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    this.#step = 0;
    this.#failed = false;
    this.#halfDescribed = false;
    this.#copying = undefined;
    exchange.ready(status);
  }

  copyResponse(direction: CopyDirection): void {
    const exchange = this.#expect('execute');
    if (this.#copying) throw this.#unexpected('a second CopyResponse');
    this.#copying = direction;
    exchange.copyStarted(direction);
  }

  copyData(bytes: Buffer): void {
    if (this.#copying !== 'out' || this.#failed) throw this.#unexpected('CopyData');
    (this.current as Exchange).copied(bytes);
  }

  notice(notice: ServerMessage): void {
    this.#listener.notice(notice);
  }

  notification(channel: string, payload: string, processId: number): void {
    this.#listener.notification(channel, payload, processId);
  }

  parameterStatus(name: string, value: string): void {
    this.#listener.parameterStatus(name, value);
  }

  #describe(fields: readonly WireField[] | undefined): void {
    const exchange = this.current;
    const step = exchange?.steps[this.#step];
    const statement = step === 'describe-statement';
    if (!exchange || this.#failed || (step !== 'describe-portal' && !statement) || statement !== this.#halfDescribed) {
      throw this.#unexpected(fields ? 'RowDescription' : 'NoData');
    }
    this.#halfDescribed = false;
    exchange.described(fields);
    this.#advance(exchange, step);
  }

  #endExecute(tag: string): void {
    const exchange = this.#expect('execute');
    if (this.#copying === 'out') throw this.#unexpected('CommandComplete before CopyDone');
    this.#copying = undefined;
    // First the step, so that the exchange may ask for more right away.
    exchange.completed(tag);
    this.#advance(exchange, 'execute');
  }

  #advance(exchange: Exchange, step: Step): void {
    this.#step++;
    exchange.answered(step);
  }

  #expect(step: Step): Exchange {
    const exchange = this.current;
    if (!exchange || this.#failed || exchange.steps[this.#step] !== step)
      throw this.#unexpected(`the answer to ${step}`);
    return exchange;
  }

  #unexpected(what: string): WireError {
    const expected = this.current ? (this.current.steps[this.#step] ?? 'ReadyForQuery') : 'nothing';
    return new WireError(`the server sent ${what}, expected was ${this.#failed ? 'ReadyForQuery' : expected}`);
  }
}

function isFatal({ severity }: ServerMessage): boolean {
  return severity === 'FATAL' || severity === 'PANIC';
}
