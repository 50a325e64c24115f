// Learns the id of a transaction in the flight of its first statement that may write, so that the outcome of a COMMIT whose
// answer is lost can be asked for afterwards. Costs no round trip; a transaction that only reads asks for nothing.
import type { Connection } from '../../connection/connection.js';
import type { ResultChunk } from '../../connection/execution.js';
import type { DatabaseError } from '../../errors/database.error.js';
import type { Row } from '../../query/query-result.js';
import { command, type Statement } from '../../query/statement.js';
import type { Trailing } from '../trailing.js';

/** Which server, and which of its histories: after a failover the same id may be another transaction. */
export interface ServerIdentity {
  readonly system: string;
  readonly timeline: string;
  /** Another one behind each crash, which may take an id that was not yet on disk and give it to somebody else. */
  readonly epoch: string;
}

export interface CommitEvidence {
  readonly xid: string;
  readonly identity: ServerIdentity;
}

/**
 * A write at the server's log names its timeline in the first eight digits (PostgreSQL manual, 9.27.3). Statistics are thrown away
 * by crash recovery and by nothing else that is not somebody's wish (27.2), so the time of their reset tells one life from the next;
 * the postmaster's start does not, for it outlives its backends' crash.
 */
export const IDENTITY = `(select system_identifier::text from pg_catalog.pg_control_system()) as system, case when pg_catalog.pg_is_in_recovery() then null else substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) end as timeline, pg_catalog.pg_stat_get_bgwriter_stat_reset_time()::text as epoch`;
const XID = command('select pg_catalog.pg_current_xact_id_if_assigned()::text as xid');
const XID_AND_IDENTITY = command(`select pg_catalog.pg_current_xact_id_if_assigned()::text as xid, ${IDENTITY}`);

/** A session stays on its server. */
const identities = new WeakMap<Connection, ServerIdentity>();

/** pg_current_xact_id_if_assigned and pg_xact_status(xid8) are of this version. */
const FIRST_VERSION = 13;

/**
 * 42501, 42883 and their like, 0A000: the server will never answer it. Not what hits the question by chance, as the end of its
 * connection does: nobody would ask any more, and every lost COMMIT after it would stay unknown.
 */
const REFUSALS = /^(?:42|0A)/;

export class CommitWitness {
  #xid: string | undefined;
  #identity: ServerIdentity | undefined;

  /** A statement that may have written went by without the question. */
  missed = false;
  /** The question was refused. */
  refused = false;

  constructor(
    private readonly connection: Connection,
    private readonly off: boolean,
  ) {
    this.#identity = identities.get(connection);
  }

  /** What is sent behind a statement that may write; undefined = all is known, or nothing can be. */
  get question(): Statement | undefined {
    if (this.#xid !== undefined || this.off) return undefined;
    const { info, capabilities } = this.connection;
    // Behind a pooler the session is another's soon, and an old server does not know the words.
    if (!capabilities.ownSession || Number.parseInt(info.serverVersion, 10) < FIRST_VERSION) return undefined;
    return this.#identity === undefined ? XID_AND_IDENTITY : XID;
  }

  get evidence(): CommitEvidence | undefined {
    if (this.#xid === undefined || this.#identity === undefined) return undefined;
    return { xid: this.#xid, identity: this.#identity };
  }

  /** The question for behind a statement that may write. */
  get trailing(): Trailing | undefined {
    const statement = this.question;
    if (statement === undefined) return undefined;
    return {
      statement,
      chunk: (chunk) => this.hear(chunk),
      fail: (error) => this.fail(error),
    };
  }

  fail({ sqlState = '' }: DatabaseError): void {
    this.refused ||= REFUSALS.test(sqlState);
  }

  hear(chunk: ResultChunk): void {
    const rows: Row[] = [];
    chunk.decode(0, chunk.rowCount, rows);
    this.learn(rows[0]);
  }

  learn(row: Row | undefined): void {
    const { xid, system, timeline, epoch } = (row ?? {}) as Record<string, string | null | undefined>;
    if (typeof system === 'string' && typeof timeline === 'string') {
      this.#identity = { system, timeline, epoch: epoch ?? '' };
      identities.set(this.connection, this.#identity);
    }
    if (typeof xid === 'string') this.#xid = xid;
  }
}
