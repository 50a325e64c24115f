// The worker's side: owns connections and does what is asked of them, each request answered once. It is a plain class over a
// connector and a sender, so that it is tested in the main thread; serve.ts plugs it into the port.
import type { Connection } from '../connection/connection.js';
import type { Connector } from '../connection/connector.js';
import type { ExecuteOptions, Limits } from '../connection/execution.js';
import { NO_CODECS } from '../connection/type-options.js';
import type { DatabaseError } from '../errors/database.error.js';
import { encodeError } from '../errors/error.codec.js';
import type { Statement } from '../query/statement.js';
import type { CancelTarget } from '../postgres/cancel.js';
import type { AnswerSender } from './answer-sender.js';
import { HostedConnection } from './hosted-connection.js';
import type { ToWorker } from './messages.js';
import type { AskedPart, RequestHandler } from './request-reader.js';
import { within } from './within.js';

/** A connection whose session can be cancelled from outside. */
type CancellableConnection = Connection & { readonly cancelTarget: CancelTarget };

export interface HostConnector extends Connector {
  connect(...parameters: Parameters<Connector['connect']>): Promise<CancellableConnection>;
}

type Of<K extends ToWorker['kind']> = Extract<ToWorker, { kind: K }>;

export class ConnectionHost implements RequestHandler {
  readonly #connections = new Map<number, HostedConnection>();
  readonly #opening = new Map<number, AbortController>();
  readonly #connector: HostConnector;
  readonly #answers: AnswerSender;

  constructor(connector: HostConnector, answers: AnswerSender) {
    this.#connector = connector;
    this.#answers = answers;
  }

  handle(item: Exclude<ToWorker, { kind: 'fault' }>): void {
    if (item.kind === 'connect') return void this.#connect(item);
    if (item.kind === 'abandon') return this.#opening.get(item.connection)?.abort();
    // A connection that is gone has said so already (`lost`): the main thread has settled what it had asked.
    const hosted = this.#connections.get(item.connection);
    if (!hosted) return;
    switch (item.kind) {
      case 'abort':
        return hosted.abort(item.id);
      case 'listen':
        return hosted.listen(item.on);
      case 'copy-fail':
        return hosted.execution(item.id)?.copyEnd(item.id, item.message);
      default:
        return hosted.handle(item);
    }
  }

  execute(connection: number, id: number, statement: Statement, options: ExecuteOptions): void {
    this.#connections.get(connection)?.execute(id, statement, options);
  }

  batch(connection: number, firstId: number, parts: readonly AskedPart[], limits: Limits): void {
    this.#connections.get(connection)?.batch(firstId, parts, limits);
  }

  credit(connection: number, id: number, chunks: number): void {
    this.#connections.get(connection)?.execution(id)?.credit(chunks);
  }

  fetch(connection: number, id: number): void {
    this.#connections.get(connection)?.execution(id)?.fetch();
  }

  finish(connection: number, id: number): void {
    this.#connections.get(connection)?.execution(id)?.finish();
  }

  copyData(connection: number, id: number, bytes: Uint8Array): void {
    this.#connections.get(connection)?.execution(id)?.copyData(id, bytes);
  }

  copyEnd(connection: number, id: number): void {
    this.#connections.get(connection)?.execution(id)?.copyEnd(id);
  }

  async #connect({ connection: number, request, budgetMs }: Of<'connect'>): Promise<void> {
    const abort = new AbortController();
    this.#opening.set(number, abort);
    let early: DatabaseError | undefined;
    const lost = (error: DatabaseError): void => {
      const hosted = this.#connections.get(number);
      if (hosted) hosted.lose(error);
      else early = error;
    };
    try {
      const connection = await this.#connector.connect(request, within(budgetMs, abort.signal), { lost }, NO_CODECS);
      // Nobody is handed a connection that is dead already.
      if (early) throw early;
      const { info, capabilities, cancelTarget } = connection;
      const onGone = (): void => void this.#connections.delete(number);
      this.#connections.set(number, new HostedConnection(number, connection, this.#answers, onGone));
      this.#answers.item({ kind: 'connected', connection: number, info, capabilities, cancelTarget });
    } catch (error) {
      this.#answers.item({ kind: 'connect-failed', connection: number, error: encodeError(error) });
    } finally {
      this.#opening.delete(number);
    }
  }
}
