// 25006 from a session that could write when it was opened: its server has been demoted. Nothing was done, so what may be sent
// again is, once, to a server that fits; everybody else on the old one is told to leave. It is not asked about sessions that
// are read-only by our own will: there the same code says that a statement writes (pipeline.ts).
import type { Connection } from '../connection/connection.js';
import type { DatabaseError } from '../errors/database.error.js';

/** What of a call counts here. */
export interface RefusableCall {
  demoted: boolean;
  /** Something of it may have been read or sent away. */
  readonly streamed: boolean;
  readonly profile: object | undefined;
}

export class Demotion {
  readonly #onDemoted: (connection: Connection) => void;
  /** Calls that have been sent to another server already. */
  readonly #again = new WeakSet<RefusableCall>();
  /** Statements that make their session read-only themselves, or raise the code: it says nothing of the server. */
  readonly #own = new WeakSet<object>();

  constructor(onDemoted: (connection: Connection) => void) {
    this.#onDemoted = onDemoted;
  }

  /** The call was refused by a server that has become read-only, which is known from now on. */
  noticed(call: RefusableCall, error: DatabaseError, connection: Connection | undefined): boolean {
    call.demoted = false;
    if (error.sqlState !== '25006' || !couldWrite(connection)) return false;
    if (call.profile !== undefined && this.#own.has(call.profile)) return false;
    if (this.#again.has(call)) {
      // Two servers in a row that take writes, and refuse this one.
      if (call.profile !== undefined) this.#own.add(call.profile);
      return false;
    }
    call.demoted = true;
    this.#onDemoted(connection);
    return true;
  }

  /** The same, and the call is to be sent again: by itself on its connection, with nothing of it read or sent away yet. */
  recovers(call: RefusableCall, error: DatabaseError, connection: Connection | undefined): boolean {
    if (!this.noticed(call, error, connection) || call.streamed) return false;
    this.#again.add(call);
    return true;
  }
}

function couldWrite(connection: Connection | undefined): connection is Connection {
  const role = connection?.info.role;
  // What a borrower has set in his session is his own doing.
  return role !== undefined && !role.standby && !role.readOnly && connection?.touched.size === 0;
}
