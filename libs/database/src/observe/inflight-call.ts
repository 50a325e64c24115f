// One call that waits or runs, as it is shown. Plain data, without parameters.

/** `waiting`: for a connection or its turn. `sent`: at the server. `reading`: answered, rows are being decoded. `cancelling`: its caller was answered. */
export type InflightState = 'waiting' | 'sent' | 'reading' | 'cancelling';

export interface InflightCall {
  /** One number in the process; the events of the call carry it. */
  readonly id: number;
  /** Of the lease or transaction it belongs to. */
  readonly lease?: number;
  readonly state: InflightState;
  /** Cut at 120 characters. */
  readonly text: string;
  /** Since it was made, milliseconds. */
  readonly ageMs: number;
  /** Since it was sent; absent while it waits. */
  readonly sentMs?: number;
  /** Until its deadline; absent where it has none. */
  readonly leftMs?: number;
  /** As its caller said. */
  readonly lane?: string;
  /** How it came to its connection, by what was learned of the statement; absent inside a lease or transaction. */
  readonly way?: string;
  /** The server's process that it runs in, as in pg_stat_activity. */
  readonly pid?: number;
  /** `inline` or `worker:n`. */
  readonly place?: string;
  /** Others are on its connection too. */
  readonly shared: boolean;
  readonly inTransaction: boolean;
}
