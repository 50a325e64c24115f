// A statement with a question behind it, in the same flight and the same transaction: two answers on the wire, one for whoever
// asked for the statement. An error of the question is the statement's, for it was undone as well.
import type { Connection } from '../connection/connection.js';
import type {
  BatchPart,
  ExecuteOptions,
  Execution,
  ResultChunk,
  ResultEnd,
  ResultSink,
} from '../connection/execution.js';
import { isSkipped } from '../connection/skipped-error.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { Statement } from '../query/statement.js';

export interface Trailing {
  readonly statement: Statement;
  chunk(chunk: ResultChunk): void;
  /** It was refused, and what stood in front of it undone. */
  fail(error: DatabaseError): void;
}

/** For form `rows`, of a connection in a transaction. */
export function executeWith(
  trailing: Trailing,
  connection: Connection,
  statement: Statement,
  { prelude = [], prepare, limits }: ExecuteOptions,
  sink: ResultSink,
): Execution {
  const joint = new Joint(sink, prelude.length + 2);
  const silent = joint.part({ chunk: () => execution.taken() });
  const parts: BatchPart[] = [
    ...prelude.map((each) => ({ statement: each, prepare: true, sink: silent })),
    { statement, prepare, sink: joint.part({ chunk: (chunk) => sink.chunk(chunk), end: (end) => (joint.end = end) }) },
    { statement: trailing.statement, prepare: true, sink: joint.part(answerOf(trailing, () => execution.taken())) },
  ];
  const execution = connection.batch(parts, limits);
  return execution;
}

function answerOf(trailing: Trailing, taken: () => void): PartHandler {
  return {
    chunk: (chunk) => {
      trailing.chunk(chunk);
      taken();
    },
    fail: (error) => {
      if (!isSkipped(error)) trailing.fail(error);
    },
  };
}

interface PartHandler {
  chunk(chunk: ResultChunk): void;
  end?(end: ResultEnd): void;
  fail?(error: DatabaseError): void;
}

/** Settles the sink when the last part has ended. */
class Joint {
  end: ResultEnd | undefined;
  #error: DatabaseError | undefined;

  constructor(
    private readonly sink: ResultSink,
    private open: number,
  ) {}

  part(handler: PartHandler): ResultSink {
    return {
      chunk: (chunk) => handler.chunk(chunk),
      end: (end) => {
        handler.end?.(end);
        this.#ended();
      },
      fail: (error) => {
        handler.fail?.(error);
        if (this.#error === undefined || isSkipped(this.#error)) this.#error = error;
        this.#ended();
      },
    };
  }

  #ended(): void {
    if (--this.open > 0) return;
    if (this.#error !== undefined || this.end === undefined) this.sink.fail(this.#error as DatabaseError);
    else this.sink.end(this.end);
  }
}
