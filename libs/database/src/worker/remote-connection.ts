// The Connection port whose socket stands in a worker. It keeps what the main thread must know without asking (status,
// touched, what is in flight) and turns calls into messages; when the worker dies it settles everything it owed.
import type {
  Connection,
  ConnectionCapabilities,
  ConnectionEvents,
  ConnectionInfo,
  ResetMode,
  StepContext,
  TransactionStatus,
} from '../connection/connection.js';
import { deferred, type Deferred } from '../connection/deferred.js';
import type { CancelReason, Execution, Limits } from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { decodeError } from '../errors/error.codec.js';
import type { SessionTouch } from '../query/statement-class.js';
import type { Statement } from '../query/statement.js';
import type { CancelTarget } from '../postgres/cancel.js';
import type { FromWorker, ToWorker } from './messages.js';
import { RemoteExecution } from './remote-execution.js';

type Answer = Extract<FromWorker, { kind: 'ended' | 'failed' }>;

export class RemoteConnection implements Connection {
  readonly #send: (message: ToWorker) => void;
  readonly #events: ConnectionEvents;
  readonly #executions = new Map<number, RemoteExecution>();
  readonly #requests = new Map<number, Deferred<void>>();
  readonly #touched = new Set<SessionTouch>();
  #nextId = 1;
  #status: TransactionStatus = 'I';
  #lost: DatabaseError | undefined;

  constructor(
    readonly number: number,
    readonly database: string,
    readonly info: ConnectionInfo,
    readonly capabilities: ConnectionCapabilities,
    readonly cancelTarget: CancelTarget,
    send: (message: ToWorker) => void,
    events: ConnectionEvents,
  ) {
    this.#send = send;
    this.#events = events;
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

  execute(statement: Statement, limits: Limits): Execution {
    const execution = new RemoteExecution(this.#nextId++, this);
    if (this.#lost) {
      execution.fail(copyOf(this.#lost, false));
      return execution;
    }
    for (const touch of statement.touches) this.#touched.add(touch);
    this.#executions.set(execution.id, execution);
    this.#send({ kind: 'execute', connection: this.number, id: execution.id, statement, limits });
    return execution;
  }

  async reset(mode: ResetMode, { budgetMs }: StepContext): Promise<void> {
    await this.#request((id) => ({ kind: 'reset', connection: this.number, id, mode, budgetMs }));
    if (mode !== 'none') this.#touched.clear();
  }

  ping({ budgetMs }: StepContext): Promise<void> {
    return this.#request((id) => ({ kind: 'ping', connection: this.number, id, budgetMs }));
  }

  async close({ budgetMs }: StepContext): Promise<void> {
    // Losing the connection meanwhile is what was wanted.
    await this.#request((id) => ({ kind: 'close', connection: this.number, id, budgetMs })).catch(() => {});
  }

  /** @internal For RemoteExecution. */
  credit(execution: RemoteExecution): void {
    if (!execution.settled && !this.#lost) {
      this.#send({ kind: 'credit', connection: this.number, execution: execution.id });
    }
  }

  /** @internal For RemoteExecution. */
  async cancel(execution: RemoteExecution, reason: CancelReason): Promise<void> {
    if (this.#lost) return;
    await this.#request((id) => ({
      kind: 'cancel',
      connection: this.number,
      id,
      execution: execution.id,
      reason,
    })).catch(() => {});
  }

  /** A message about this connection, in order. */
  receive(message: Extract<FromWorker, { connection: number }>): void {
    switch (message.kind) {
      case 'chunk':
        return this.#executions.get(message.id)?.chunk(message.chunk);
      case 'ended':
      case 'failed':
        return this.#settle(message);
      case 'lost':
        return this.lose(decodeError(message.error), false);
      default:
    }
  }

  /**
   * The socket or its whole thread is gone. A worker that reports `lost` has answered every statement it had seen, so
   * what is left was never sent; after the thread's death nothing was answered, and all of it may have been done.
   */
  lose(error: DatabaseError, inDoubt: boolean): void {
    if (this.#lost) return;
    this.#lost = error;
    // One each: every caller gives it a stack of his own.
    for (const execution of this.#executions.values()) execution.fail(copyOf(error, inDoubt));
    this.#executions.clear();
    for (const request of this.#requests.values()) request.reject(error);
    this.#requests.clear();
    this.#events.lost(error);
  }

  #settle(message: Answer): void {
    this.#status = message.status;
    const execution = this.#executions.get(message.id);
    if (execution) {
      this.#executions.delete(message.id);
      if (message.kind === 'failed') execution.fail(decodeError(message.error));
      else if (message.end) execution.finish(message.end);
      return;
    }
    const request = this.#requests.get(message.id);
    this.#requests.delete(message.id);
    if (message.kind === 'failed') request?.reject(decodeError(message.error));
    else request?.resolve();
  }

  #request(message: (id: number) => ToWorker): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = this.#nextId++;
    const request = deferred<void>();
    this.#requests.set(id, request);
    this.#send(message(id));
    return request.promise;
  }
}

/** The connection's end, told to one statement. */
function copyOf(lost: DatabaseError, inDoubt: boolean): DatabaseError {
  return databaseError(
    { code: lost.code, message: lost.message, database: lost.database, inDoubt },
    { cause: lost.cause },
  );
}
