// The Connection port whose socket stands in a worker. It keeps what the main thread must know without asking (status,
// touched, what is in flight) and turns calls into messages; when the worker dies it settles everything it owed.
import type {
  Connection,
  ConnectionCapabilities,
  ConnectionEvents,
  ConnectionInfo,
  NotificationListener,
  ResetMode,
  StepContext,
  TransactionStatus,
} from '../connection/connection.js';
import type { ChunkForm } from '../connection/chunk-form.js';
import type {
  BatchPart,
  ExecuteOptions,
  Execution,
  Limits,
  ResultChunk,
  ResultEnd,
  ResultSink,
} from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import type { SessionTouch } from '../query/statement-class.js';
import type { Statement } from '../query/statement.js';
import type { CancelTarget } from '../postgres/cancel.js';
import type { AnswerTarget } from './answer-reader.js';
import { loudly } from './loudly.js';
import type { Shape } from './messages.js';
import type { RemoteChannel } from './remote-channel.js';
import { RemoteExecution } from './remote-execution.js';

export interface RemoteConnectionParts {
  readonly info: ConnectionInfo;
  readonly capabilities: ConnectionCapabilities;
  readonly cancelTarget: CancelTarget;
  readonly channel: RemoteChannel;
  /** Makes a chunk for this thread of what crossed (postgres/decode.ts, with this connection's types). */
  readonly receive: (form: ChunkForm, shape: Shape) => ResultChunk;
  readonly events: ConnectionEvents;
}

export class RemoteConnection implements Connection, AnswerTarget {
  readonly info: ConnectionInfo;
  readonly capabilities: ConnectionCapabilities;
  readonly cancelTarget: CancelTarget;
  readonly #channel: RemoteChannel;
  readonly #receive: RemoteConnectionParts['receive'];
  readonly #events: ConnectionEvents;
  readonly #executions = new Map<number, RemoteExecution>();
  readonly #touched = new Set<SessionTouch>();
  #listener: NotificationListener | undefined;
  #status: TransactionStatus = 'I';
  /** After a loss: its session is over at the server as well, as far as that can be known. */
  #over: Promise<void> | undefined;

  constructor(parts: RemoteConnectionParts) {
    this.info = parts.info;
    this.capabilities = parts.capabilities;
    this.cancelTarget = parts.cancelTarget;
    this.#channel = parts.channel;
    this.#receive = parts.receive;
    this.#events = parts.events;
  }

  get inFlight(): number {
    return this.#executions.size;
  }

  get transactionStatus(): TransactionStatus {
    return this.#status;
  }

  get touched(): ReadonlySet<SessionTouch> {
    return this.#touched;
  }

  execute(statement: Statement, options: ExecuteOptions, sink: ResultSink): Execution {
    const channel = this.#channel;
    const execution = new RemoteExecution(channel.takeId(), channel, sink, options.shared === true);
    if (channel.lost) return refuse(execution, [execution], channel.lost);
    try {
      channel.sender.execute(channel.connection, execution.id, statement, options);
    } catch (error) {
      return refuse(execution, [execution], unsendable(error));
    }
    if (options.prelude) for (const before of options.prelude) this.#touch(before);
    this.#touch(statement);
    this.#executions.set(execution.id, execution);
    return execution;
  }

  batch(parts: readonly BatchPart[], limits: Limits): Execution {
    const channel = this.#channel;
    const executions: RemoteExecution[] = [];
    for (const { sink } of parts) {
      executions.push(new RemoteExecution(channel.takeId(), channel, sink, false, executions[0]));
    }
    const [lead] = executions;
    if (!lead) throw new TypeError('a batch has at least one statement');
    if (channel.lost) return refuse(lead, executions, channel.lost);
    try {
      channel.sender.batch(channel.connection, lead.id, parts, limits);
    } catch (error) {
      return refuse(lead, executions, unsendable(error));
    }
    for (const { statement } of parts) this.#touch(statement);
    for (const execution of executions) this.#executions.set(execution.id, execution);
    return lead;
  }

  onNotification(listener: NotificationListener | undefined): void {
    const on = listener !== undefined;
    const { connection, sender, lost } = this.#channel;
    if (on !== (this.#listener !== undefined) && !lost) sender.item({ kind: 'listen', connection, on });
    this.#listener = listener;
  }

  async reset(mode: ResetMode, { budgetMs, signal }: StepContext): Promise<void> {
    const { connection } = this.#channel;
    await this.#channel.ask((id) => ({ kind: 'reset', connection, id, mode, budgetMs }), signal);
    if (mode === 'none') return;
    this.#touched.clear();
    // The session listens to nothing any more.
    this.#listener = undefined;
  }

  ping({ budgetMs, signal }: StepContext): Promise<void> {
    const { connection } = this.#channel;
    return this.#channel.ask((id) => ({ kind: 'ping', connection, id, budgetMs }), signal);
  }

  async close({ budgetMs, signal }: StepContext): Promise<void> {
    const { connection } = this.#channel;
    // Losing the connection meanwhile is what was wanted.
    await this.#channel.ask((id) => ({ kind: 'close', connection, id, budgetMs }), signal).catch(() => {});
    if (this.#over) await Promise.race([this.#over, aborted(signal)]);
  }

  chunk(id: number, form: ChunkForm, shape: Shape): void {
    const execution = this.#executions.get(id);
    if (execution?.wantsChunks) execution.chunk(this.#receive(form, shape));
  }

  ended(id: number, end: ResultEnd, status: TransactionStatus): void {
    this.#status = status;
    this.#take(id)?.end(end);
  }

  suspended(id: number): void {
    this.#executions.get(id)?.suspended();
  }

  writable(id: number): void {
    this.#executions.get(id)?.writable();
  }

  copyTaken(id: number, bytes: number): void {
    this.#executions.get(id)?.copyTaken(bytes);
  }

  done(id: number, status: TransactionStatus): void {
    this.#status = status;
    this.#channel.done(id);
  }

  /** The error of a statement or of a request. @returns whether it was a statement */
  failed(id: number, error: DatabaseError, status: TransactionStatus): boolean {
    this.#status = status;
    const execution = this.#take(id);
    if (execution) execution.fail(error);
    else this.#channel.failed(id, error);
    return execution !== undefined;
  }

  notified(channel: string, payload: string, processId: number): void {
    this.#listener?.(channel, payload, processId);
  }

  /**
   * The socket or its whole thread is gone. A worker that says so has answered every statement it had seen, so what is left
   * was never sent; after the thread's death nothing was answered, and whatever writes may have been done.
   * @param over of a thread that died: the session has ended. Whoever counts sessions is told then, not before.
   */
  lose(error: DatabaseError, over?: Promise<void>): void {
    if (this.#channel.lost) return;
    this.#channel.lose(error);
    this.#over = over?.then(() => this.#events.lost(error));
    const executions = [...this.#executions.values()];
    this.#executions.clear();
    // One each: every caller gives it a stack of his own.
    for (const execution of executions) {
      try {
        execution.fail(copyOf(error, over !== undefined && !execution.harmless));
      } catch (thrown) {
        loudly(thrown);
      }
    }
    if (!over) this.#events.lost(error);
  }

  #take(id: number): RemoteExecution | undefined {
    const execution = this.#executions.get(id);
    this.#executions.delete(id);
    return execution;
  }

  #touch({ touches }: Statement): void {
    for (const touch of touches) this.#touched.add(touch);
  }
}

/** What was never sent fails in a later turn: whoever asked has the execution in his hands by then. */
function refuse(lead: Execution, executions: readonly RemoteExecution[], error: DatabaseError): Execution {
  setImmediate(() => {
    for (const execution of executions) execution.fail(copyOf(error, false));
  });
  return lead;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function unsendable(cause: unknown): DatabaseError {
  const message = `cannot be sent: ${cause instanceof Error ? cause.message : 'its parameters have no form'}`;
  return databaseError({ code: 'DB_PARAMETERS', message }, { cause });
}

/** The connection's end, told to one statement. */
function copyOf(lost: DatabaseError, inDoubt: boolean): DatabaseError {
  return databaseError(
    { code: lost.code, message: lost.message, database: lost.database, inDoubt },
    { cause: lost.cause },
  );
}
