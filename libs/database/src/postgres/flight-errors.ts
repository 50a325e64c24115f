// What the sinks of a flight are told when it did not end well. Who asked for the end decides the error, never the server's
// text.
import type { ServerMessage } from '@hydrogen/wire';
import type { CancelReason } from '../connection/execution.js';
import { skippedError } from '../connection/skipped-error.js';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { executeError } from './error.mapper.js';
import type { StatementPart } from './statement-part.js';

/** A ceiling that was crossed, or COPY where none was asked for. */
export type Beyond = { readonly limit: string } | 'copy';

/** query_canceled */
const CANCELLED = '57014';

export class FlightErrors {
  constructor(
    private readonly database: string,
    private readonly reason: () => CancelReason | undefined,
  ) {}

  /** @param lost how far the flight had come when its connection ended; absent: the answer is whole */
  server(failure: ServerMessage, part: StatementPart, lost?: { readonly inDoubt: boolean }): DatabaseError {
    const { parameters } = part.statement;
    const inDoubt = lost?.inDoubt === true;
    const error = executeError(failure, { database: this.database, inDoubt, alive: !lost, parameters });
    // A session that the server ended of its own will was not cut off by us, whatever we were about to do.
    return lost && failure.code !== CANCELLED ? error : this.closing(error);
  }

  /** Whoever is cut off by the shutdown hears of the shutdown, not of the means. */
  closing(error: DatabaseError): DatabaseError {
    if (this.reason() !== 'shutdown') return error;
    const { database } = this;
    const message = `${database}: was cut off because the database is being closed`;
    return databaseError({ code: 'DB_CLOSING', message, database, inDoubt: error.inDoubt }, { cause: error });
  }

  /** The cancel came too late for the statement, but its rows are gone. */
  cutShort(part: StatementPart): DatabaseError {
    const { database } = this;
    const inDoubt = !part.statement.reads;
    return this.closing(databaseError({ code: 'DB_CANCELLED', message: `${database}: cancelled`, database, inDoubt }));
  }

  /** A write that had ended before the cancel came is done: its rows were too many, not its work. */
  beyond(beyond: Beyond, part: StatementPart, cause?: DatabaseError): DatabaseError {
    const { database } = this;
    if (beyond === 'copy') {
      const message = `${database}: COPY cannot be run by query(): copyFrom() and copyTo() are for it`;
      return databaseError({ code: 'DB_QUERY', message, database });
    }
    const message = `${database}: the result is larger than ${beyond.limit} (Results.MaxRows, Results.MaxBytes or maxRows)`;
    const inDoubt = part.complete && !part.statement.reads;
    return databaseError({ code: 'DB_RESULT_TOO_LARGE', message, database, inDoubt }, { cause });
  }

  /** Of the other statements of a flight the server has undone, or skipped, whatever they asked. */
  neighbour(error: DatabaseError, failed: number): DatabaseError {
    return skippedError(error, failed, this.database);
  }
}
