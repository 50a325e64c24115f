// One connection in the worker, under the number it has on both sides: statements go to it, answers go out, and its end is
// told last.
import type { Connection, StepContext } from '../connection/connection.js';
import type { BatchPart, ExecuteOptions, Execution, Limits } from '../connection/execution.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { encodeCause, encodeError } from '../errors/error.codec.js';
import type { Statement } from '../query/statement.js';
import type { AnswerSender } from './answer-sender.js';
import { HostedExecution } from './hosted-execution.js';
import { nextId, type ToWorker } from './messages.js';
import type { AskedPart } from './request-reader.js';
import { within } from './within.js';

type Request = Extract<ToWorker, { kind: 'reset' | 'ping' | 'close' | 'cancel' }>;

export class HostedConnection {
  /** By the id of their first statement. */
  readonly #executions = new Map<number, HostedExecution>();
  /** Of requests that can be cut short. */
  readonly #aborts = new Map<number, AbortController>();
  #lost: DatabaseError | undefined;

  constructor(
    private readonly number: number,
    private readonly connection: Connection,
    private readonly answers: AnswerSender,
    /** The last word was said. */
    private readonly onGone: () => void,
  ) {}

  execution(id: number): HostedExecution | undefined {
    return this.#executions.get(id);
  }

  execute(id: number, statement: Statement, options: ExecuteOptions): void {
    const hosted = this.#host(id);
    const sink = hosted.sink(id);
    this.#begin(hosted, [sink], () => this.connection.execute(statement, options, sink));
  }

  batch(firstId: number, asked: readonly AskedPart[], limits: Limits): void {
    const hosted = this.#host(firstId);
    let id = firstId;
    const parts = asked.map(({ statement, prepare }): BatchPart => {
      const sink = hosted.sink(id);
      id = nextId(id);
      return { statement, prepare, sink };
    });
    const sinks = parts.map(({ sink }) => sink);
    this.#begin(hosted, sinks, () => this.connection.batch(parts, limits));
  }

  handle(request: Request): void {
    switch (request.kind) {
      case 'cancel':
        return void this.#answer(request.id, () => this.#executions.get(request.execution)?.cancel(request.reason));
      case 'reset':
        return this.#step(request, (context) => this.connection.reset(request.mode, context));
      case 'ping':
        return this.#step(request, (context) => this.connection.ping(context));
      default:
        return this.#step(request, (context) => this.connection.close(context));
    }
  }

  abort(id: number): void {
    this.#aborts.get(id)?.abort();
  }

  listen(on: boolean): void {
    const { number: connection } = this;
    this.connection.onNotification(
      on
        ? (channel, payload, processId) =>
            this.answers.item({ kind: 'notification', connection, channel, payload, processId })
        : undefined,
    );
  }

  /** Told when every statement has had its own answer, which a connection gives before its end. */
  lose(error: DatabaseError): void {
    this.#lost = error;
    if (this.#executions.size > 0) return;
    this.answers.item({ kind: 'lost', connection: this.number, error: encodeError(error) });
    this.onGone();
  }

  #host(id: number): HostedExecution {
    const hosted = new HostedExecution(this.number, this.connection, this.answers, () => {
      this.#executions.delete(id);
      if (this.#lost) this.lose(this.#lost);
    });
    this.#executions.set(id, hosted);
    return hosted;
  }

  /** A connection never throws here; if one does all the same, its statements are answered. */
  #begin(
    hosted: HostedExecution,
    sinks: readonly { fail(error: DatabaseError): void }[],
    start: () => Execution,
  ): void {
    try {
      hosted.begin(start());
    } catch (error) {
      const cause = encodeCause(error);
      for (const sink of sinks) sink.fail(databaseError({ code: 'DB_PROTOCOL', message: cause.message, cause }));
    }
  }

  #step({ id, budgetMs }: { id: number; budgetMs: number }, act: (context: StepContext) => Promise<void>): void {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    void this.#answer(id, () => act(within(budgetMs, abort.signal))).finally(() => this.#aborts.delete(id));
  }

  /** Exactly one answer to a request, whatever becomes of it. */
  async #answer(id: number, act: () => Promise<void> | undefined): Promise<void> {
    const { number: connection } = this;
    try {
      await act();
      this.answers.done(connection, id, this.connection.transactionStatus);
    } catch (reason) {
      const error = encodeError(reason);
      this.answers.item({ kind: 'failed', connection, id, error, status: this.connection.transactionStatus });
    }
  }
}
