// The worker's side: owns connections and answers messages. It is a plain class over two functions, so that it is
// tested in the main thread; database.worker.ts only plugs it into the port.
import type { Connection, StepContext } from '../connection/connection.js';
import type { Connector } from '../connection/connector.js';
import type { ResultEnd } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { CancelTarget } from '../postgres/cancel.js';
import { HostedExecution } from './hosted-execution.js';
import type { FromWorker, ToWorker } from './messages.js';

/** A connection whose session can be cancelled from outside. */
type HostedConnection = Connection & { readonly cancelTarget: CancelTarget };

export interface HostConnector extends Connector {
  connect(...parameters: Parameters<Connector['connect']>): Promise<HostedConnection>;
}

interface Hosted {
  readonly abort: AbortController;
  connection?: HostedConnection;
  readonly executions: Map<number, HostedExecution>;
  /** Statements that have not been answered yet. */
  readonly unanswered: Set<Promise<void>>;
}

type Of<K extends ToWorker['kind']> = Extract<ToWorker, { kind: K }>;

export class ConnectionHost {
  readonly #hosted = new Map<number, Hosted>();
  readonly #connector: HostConnector;
  readonly #send: (message: FromWorker) => void;

  constructor(connector: HostConnector, send: (message: FromWorker) => void) {
    this.#connector = connector;
    this.#send = send;
  }

  handle(message: ToWorker): void {
    if (message.kind === 'connect') return void this.#connect(message);
    const hosted = this.#hosted.get(message.connection);
    if (message.kind === 'abandon') return hosted?.abort.abort();
    const connection = hosted?.connection;
    // A connection that is gone has said so already (`lost`): the main thread has settled what it had asked.
    if (!hosted || !connection) return;
    switch (message.kind) {
      case 'execute':
        return this.#execute(message, connection, hosted);
      case 'credit':
        return hosted.executions.get(message.execution)?.credit();
      case 'cancel':
        return void this.#answer(message, connection, () =>
          hosted.executions.get(message.execution)?.cancel(message.reason),
        );
      case 'reset':
        return void this.#answer(message, connection, () => connection.reset(message.mode, within(message.budgetMs)));
      case 'ping':
        return void this.#answer(message, connection, () => connection.ping(within(message.budgetMs)));
      case 'close':
        return void this.#answer(message, connection, () => connection.close(within(message.budgetMs)));
      default:
        return unreachable(message);
    }
  }

  async #connect({ connection: number, request, budgetMs }: Of<'connect'>): Promise<void> {
    const hosted: Hosted = { abort: new AbortController(), executions: new Map(), unanswered: new Set() };
    this.#hosted.set(number, hosted);
    try {
      const signal = AbortSignal.any([hosted.abort.signal, within(budgetMs).signal]);
      let early: DatabaseError | undefined;
      const lost = (error: DatabaseError): void => {
        if (hosted.connection) void this.#lose(number, hosted, error);
        else early = error;
      };
      const connection = await this.#connector.connect(request, { budgetMs, signal }, { lost });
      // Nobody is handed a connection that is dead already.
      if (early) throw early;
      hosted.connection = connection;
      const { info, capabilities, cancelTarget } = connection;
      this.#send({ kind: 'connected', connection: number, info, capabilities, cancelTarget });
    } catch (error) {
      this.#hosted.delete(number);
      this.#send({ kind: 'connect-failed', connection: number, error: encodeError(error) });
    }
  }

  #execute(message: Of<'execute'>, connection: Connection, { executions, unanswered }: Hosted): void {
    const { connection: number, id } = message;
    const execution = new HostedExecution(connection.execute(message.statement, message.limits));
    executions.set(id, execution);
    const answered = this.#answer(message, connection, () =>
      execution.forward((chunk) => this.#send({ kind: 'chunk', connection: number, id, chunk })),
    ).finally(() => {
      executions.delete(id);
      unanswered.delete(answered);
    });
    unanswered.add(answered);
  }

  /**
   * Each statement is answered first, with the error that is its own: `lost` is the connection's last message. One that
   * had ended before still waits for its reader's credits, and until then its connection is known here.
   */
  async #lose(number: number, { unanswered }: Hosted, error: DatabaseError): Promise<void> {
    while (unanswered.size > 0) await Promise.all(unanswered);
    this.#hosted.delete(number);
    this.#send({ kind: 'lost', connection: number, error: encodeError(error) });
  }

  /** Exactly one answer to a request, whatever becomes of it. */
  async #answer(
    { connection: number, id }: { connection: number; id: number },
    connection: Connection,
    act: () => Promise<ResultEnd | void> | undefined,
  ): Promise<void> {
    try {
      const end = (await act()) ?? undefined;
      this.#send({ kind: 'ended', connection: number, id, end, status: connection.transactionStatus });
    } catch (reason) {
      const error = encodeError(reason);
      this.#send({ kind: 'failed', connection: number, id, error, status: connection.transactionStatus });
    }
  }
}

function within(budgetMs: number): StepContext {
  // AbortSignal.timeout takes whole milliseconds only.
  return { budgetMs, signal: AbortSignal.timeout(Math.ceil(budgetMs)) };
}

function unreachable(message: never): never {
  throw new Error(`unknown message ${JSON.stringify(message)}`);
}
