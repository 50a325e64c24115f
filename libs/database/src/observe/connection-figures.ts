// Every connection of a pool with what it does now, for a person who looks: plain data, made when asked for.
import type { EntryInfo, EntryState } from '@hydrogen/pool';
import type { Connection, TransactionStatus } from '../connection/connection.js';

export interface ConnectionFigures {
  /** Its number in the pool, from 1; never given again. */
  readonly id: number;
  readonly state: EntryState;
  /** Times in milliseconds: since its connect began, and since its last return (0 while it is lent). */
  readonly ageMs: number;
  readonly idleMs: number;
  /** Times it was lent. */
  readonly uses: number;
  /** The rest is absent while it is being opened. The server's process, as in pg_stat_activity. */
  readonly pid?: number;
  /** `host:port` that was really reached. */
  readonly host?: string;
  /** Where its socket is: `inline` or `worker:n`. */
  readonly place?: string;
  /** `I` idle, `T` in a transaction, `E` in a failed one. */
  readonly transaction?: TransactionStatus;
  /** Statements queued on it or on the wire. */
  readonly inFlight?: number;
  /** Prepared statements it keeps, and bytes of its socket since the connect; absent for a socket in a worker. */
  readonly prepared?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  /** Who has it; a shared one is held by the database itself. */
  readonly holder?: {
    readonly heldMs: number;
    readonly shared: boolean;
    readonly lane?: string;
    /** Where it was acquired; kept for leases and transactions only. */
    readonly stack?: string;
  };
}

export function connectionFigures(entry: EntryInfo<Connection>): ConnectionFigures {
  const { id, state, ageMs, idleMs, uses, resource, holder, standing, place } = entry;
  return {
    id,
    state,
    ageMs,
    idleMs,
    uses,
    ...(resource
      ? {
          pid: resource.info.processId,
          host: resource.info.address,
          place: resource.info.place,
          transaction: resource.transactionStatus,
          inFlight: resource.inFlight,
          ...resource.usage,
        }
      : { place }),
    ...(holder && {
      holder: { heldMs: holder.heldMs, shared: standing, lane: holder.lane, stack: holder.stack },
    }),
  };
}
