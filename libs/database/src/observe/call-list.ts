// The calls of one database that wait or run, for whoever asks what is going on: a list through the calls themselves, so
// that each costs a few writes and no memory of its own.
import type { ConnectionInfo } from '../connection/connection.js';
import type { InflightCall, InflightState } from './inflight-call.js';
import { shownText } from './shown-text.js';

/** What a call has, for the list and for what is shown of it. */
export interface ListedCall {
  listed: boolean;
  earlier: ListedCall | undefined;
  later: ListedCall | undefined;
  readonly state: InflightState | 'ended';
  readonly statement: { readonly text: string };
  readonly budget: { readonly id: number; readonly startedAt: number; readonly deadline: number };
  readonly sentAt: number;
  readonly lane: string | undefined;
  readonly profile: { readonly way: string | undefined } | undefined;
  readonly connection: { readonly info: ConnectionInfo } | undefined;
  /** Set inside a transaction. */
  readonly transactionTimeoutMs: number | undefined;
  readonly home:
    | {
        readonly shared: boolean;
        readonly inTransaction?: boolean;
        readonly holder?: { readonly id: number } | undefined;
      }
    | undefined;
}

export class CallList {
  #oldest: ListedCall | undefined;
  #newest: ListedCall | undefined;

  /** No-op for one that is in it. */
  add(call: ListedCall): void {
    if (call.listed) return;
    call.listed = true;
    call.earlier = this.#newest;
    if (this.#newest === undefined) this.#oldest = call;
    else this.#newest.later = call;
    this.#newest = call;
  }

  /** No-op for one that is not in it. */
  remove(call: ListedCall): void {
    if (!call.listed) return;
    call.listed = false;
    const { earlier, later } = call;
    if (earlier === undefined) this.#oldest = later;
    else earlier.later = later;
    if (later === undefined) this.#newest = earlier;
    else later.earlier = earlier;
    call.earlier = call.later = undefined;
  }

  /** Oldest first. */
  inflight(now: number): InflightCall[] {
    const found: InflightCall[] = [];
    for (let call = this.#oldest; call !== undefined; call = call.later) found.push(describe(call, now));
    return found;
  }
}

function describe(call: ListedCall, now: number): InflightCall {
  const { budget, state, statement, home, connection, lane, profile, sentAt } = call;
  const waits = state === 'waiting' || state === 'ended';
  return {
    id: budget.id,
    lease: home?.holder?.id,
    state: state === 'ended' ? 'waiting' : state,
    text: shownText(statement.text),
    ageMs: now - budget.startedAt,
    sentMs: waits ? undefined : now - sentAt,
    leftMs: budget.deadline === Infinity ? undefined : Math.max(0, budget.deadline - now),
    lane,
    way: home?.holder === undefined ? profile?.way : undefined,
    pid: waits ? undefined : connection?.info.processId,
    place: waits ? undefined : connection?.info.place,
    shared: home?.shared === true,
    inTransaction: call.transactionTimeoutMs !== undefined || home?.inTransaction === true,
  };
}
