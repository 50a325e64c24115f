// The worker's side: owns connections and answers messages. It is a plain class over two functions, so that it is
// tested in the main thread; database.worker.ts only plugs it into the port.
import type { Connection, StepContext } from '../connection/connection.js';
import type { Connector } from '../connection/connector.js';
import { CHUNK_WINDOW, type Execution } from '../connection/execution.js';
import type { DatabaseError } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { CancelTarget } from '../postgres/cancel.js';
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
}

interface HostedExecution {
  readonly execution: Execution;
  /** The reader took a chunk. */
  credit(): void;
  /** The reader left: nothing is sent any more, the rest is read and dropped. */
  stop(): void;
  /** Its answer has been sent. */
  answered: Promise<void>;
}

type Send = (message: FromWorker) => void;
type Of<K extends ToWorker['kind']> = Extract<ToWorker, { kind: K }>;

export class ConnectionHost {
  readonly #hosted = new Map<number, Hosted>();
  readonly #connector: HostConnector;
  readonly #send: Send;

  constructor(connector: HostConnector, send: Send) {
    this.#connector = connector;
    this.#send = send;
  }

  handle(message: ToWorker): void {
    if (message.kind === 'connect') return void this.#connect(message);
    const hosted = this.#hosted.get(message.connection);
    if (message.kind === 'abandon') return hosted?.abort.abort();
    const { connection, executions } = hosted ?? {};
    // A connection that is gone has said so already (`lost`): the main thread has settled what it had asked.
    if (!connection || !executions) return;
    switch (message.kind) {
      case 'execute':
        return this.#execute(message, connection, executions);
      case 'credit':
        return executions.get(message.execution)?.credit();
      case 'cancel':
        return this.#answer(message, connection, async () => {
          const hostedExecution = executions.get(message.execution);
          hostedExecution?.stop();
          await hostedExecution?.execution.cancel(message.reason);
        });
      case 'reset':
        return this.#answer(message, connection, () => connection.reset(message.mode, context(message.budgetMs)));
      case 'ping':
        return this.#answer(message, connection, () => connection.ping(context(message.budgetMs)));
      case 'close':
        return this.#answer(message, connection, () => connection.close(context(message.budgetMs)));
      default:
        return unreachable(message);
    }
  }

  async #connect({ connection: number, request, budgetMs }: Of<'connect'>): Promise<void> {
    const hosted: Hosted = { abort: new AbortController(), executions: new Map() };
    this.#hosted.set(number, hosted);
    try {
      const signal = AbortSignal.any([hosted.abort.signal, context(budgetMs).signal]);
      const connection = await this.#connector.connect(
        request,
        { budgetMs, signal },
        {
          lost: (error) => void this.#lose(number, hosted, error),
          notice: (message) => this.#send({ kind: 'notice', connection: number, message }),
        },
      );
      hosted.connection = connection;
      const { info, capabilities, cancelTarget } = connection;
      this.#send({ kind: 'connected', connection: number, info, capabilities, cancelTarget });
    } catch (error) {
      this.#hosted.delete(number);
      this.#send({ kind: 'connect-failed', connection: number, error: encodeError(error) });
    }
  }

  /** Each statement is answered first, with the error that is its own; `lost` is the connection's last message. */
  async #lose(number: number, hosted: Hosted, error: DatabaseError): Promise<void> {
    this.#hosted.delete(number);
    const pending = [...hosted.executions.values()];
    for (const execution of pending) execution.stop();
    await Promise.all(pending.map((execution) => execution.answered));
    this.#send({ kind: 'lost', connection: number, error: encodeError(error) });
  }

  #execute(message: Of<'execute'>, connection: Connection, executions: Hosted['executions']): void {
    const execution = connection.execute(message.statement, message.limits);
    let credits = CHUNK_WINDOW;
    let stopped = false;
    let wake: (() => void) | undefined;
    const hosted = {
      execution,
      credit: () => {
        credits++;
        wake?.();
      },
      stop: () => {
        stopped = true;
        wake?.();
      },
      answered: Promise.resolve(),
    };
    executions.set(message.id, hosted);
    const mayContinue = (): boolean => credits > 0 || stopped;
    hosted.answered = this.#forward(message, connection, execution, async (send) => {
      if (stopped) return;
      send();
      credits--;
      // Not reading on holds the chunks here, then the socket, then the server: that is the back-pressure.
      while (!mayContinue()) await new Promise<void>((resolve) => (wake = resolve));
    }).finally(() => executions.delete(message.id));
  }

  async #forward(
    { connection: number, id }: Of<'execute'>,
    connection: Connection,
    execution: Execution,
    pace: (send: () => void) => Promise<void>,
  ): Promise<void> {
    try {
      for (let chunk = await execution.next(); chunk; chunk = await execution.next()) {
        const { raw } = chunk;
        await pace(() => this.#send({ kind: 'chunk', connection: number, id, chunk: raw }));
      }
      const end = await execution.end;
      this.#send({ kind: 'ended', connection: number, id, end, status: connection.transactionStatus });
    } catch (error) {
      this.#send({
        kind: 'failed',
        connection: number,
        id,
        error: encodeError(error),
        status: connection.transactionStatus,
      });
    }
  }

  #answer(request: { connection: number; id: number }, connection: Connection, act: () => Promise<unknown>): void {
    const { connection: number, id } = request;
    act().then(
      () => this.#send({ kind: 'ended', connection: number, id, status: connection.transactionStatus }),
      (error: unknown) =>
        this.#send({
          kind: 'failed',
          connection: number,
          id,
          error: encodeError(error),
          status: connection.transactionStatus,
        }),
    );
  }
}

function context(budgetMs: number): StepContext {
  // AbortSignal.timeout takes whole milliseconds only.
  return { budgetMs, signal: AbortSignal.timeout(Math.ceil(budgetMs)) };
}

function unreachable(message: never): never {
  throw new Error(`unknown message ${JSON.stringify(message)}`);
}
