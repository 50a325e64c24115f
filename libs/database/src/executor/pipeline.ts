// One connection in shared use: a standing lease on which many callers' statements are on their way at once, in order.
// It keeps the session as its callers may expect it (read-only for reads), stops admitting while a cancel is under way or
// when the pool wants the connection back, and gives it back clean or not at all. Whom it admits is not its matter.
import type { Lease, Timer } from '@hydrogen/pool';
import { COMMAND, type Connection } from '../connection/connection.js';
import type { DatabaseError } from '../errors/database.error.js';
import { command } from '../query/statement.js';
import type { CallContext } from './call-context.js';
import { mayRunAgain } from './retry-rule.js';
import type { AnyCall, CallHome } from './statement-call.js';
import { isEndOfConnection } from './statement-errors.js';

/**
 * open: admits. halted: a cancel is under way, which may hit whatever runs; nothing is admitted until it is through. draining:
 * asked back; what is in flight ends. resetting: being made as it was. ended: given back or given up.
 */
export type PipelineState = 'open' | 'halted' | 'draining' | 'resetting' | 'ended';

/** `read`: plain reads in a read-only session. `write`: single autocommit writes, never beside reads. */
export type PipelineKind = 'read' | 'write';

export interface PipelineOwner {
  readonly context: CallContext;
  readonly kind: PipelineKind;
  /** Unused for so long: the lease goes back, for the pool's rules about idle connections hold there only. Milliseconds. */
  readonly idleMs: number;
  /** It may admit one more. */
  freed(pipeline: Pipeline): void;
  /** It is no more; its lease has ended. */
  ended(pipeline: Pipeline): void;
  /** It is to run elsewhere: it writes, its connection was given up because of a neighbour, or was lost. */
  rerun(call: AnyCall, lost?: boolean): void;
}

/** Statements in flight on one connection, at most. */
export const PIPELINE_DEPTH = 128;
/** Nothing is for nothing: what a statement without a measured cost is reckoned with, milliseconds. */
const LEAST_MS = 0.02;
/** How long a reset may take where CancelTimeoutMs is off. */
const RESET_MS = 1_000;

const READ_ONLY = command('set default_transaction_read_only = on');
const RESET = command('reset default_transaction_read_only');

export class Pipeline implements CallHome {
  readonly shared = true;
  readonly readOnly: boolean;
  freeSince = 0;
  state: PipelineState = 'open';
  /** Callers' statements on it. */
  inFlight = 0;
  /** What they are expected to take together. */
  workMs = 0;
  /** Statements of its own on the connection. */
  #commands = 0;
  readonly #cancels = new Set<AnyCall>();
  #idleTimer: Timer | undefined;
  #gaveUp = false;

  constructor(
    private readonly lease: Lease<Connection>,
    private readonly owner: PipelineOwner,
  ) {
    this.readOnly = owner.kind === 'read';
    // In the same tick as the first statement: it costs no wait.
    if (this.readOnly) this.#command(READ_ONLY, () => this.#whenEmpty());
    this.freeSince = owner.context.clock.now();
  }

  get place(): string {
    return this.state === 'ended' ? '' : this.lease.resource.info.place;
  }

  get admits(): boolean {
    return this.state === 'open' && this.inFlight < PIPELINE_DEPTH;
  }

  /** @param now a reading of the clock */
  run(call: AnyCall, now: number): void {
    const connection = this.#connection();
    if (connection === undefined) {
      this.#end();
      return this.owner.rerun(call);
    }
    call.expectedMs = Math.max(LEAST_MS, call.profile?.meanMs ?? 0);
    this.inFlight++;
    this.workMs += call.expectedMs;
    call.send(connection, this, now);
  }

  /** The pool wants it back, or nobody has used it for a while. */
  drain(): void {
    if (this.state !== 'open' && this.state !== 'halted') return;
    this.state = 'draining';
    this.#whenEmpty();
  }

  withdraw(): undefined {
    return undefined;
  }

  recovers(call: AnyCall, error: DatabaseError, usable: boolean): boolean {
    const writes = this.readOnly && error.sqlState === '25006';
    // Whatever a connection says of what it had when it was given up: cancelled, closing or lost.
    const neighbour = this.#gaveUp && this.readOnly;
    const lost = !usable && mayRunAgain(call, error, this.readOnly);
    const demoted = !this.readOnly && usable && this.owner.context.demotion.recovers(call, error, this.#connection());
    if (!writes && !neighbour && !lost && !demoted) return false;
    if (writes && call.profile) call.profile.writes = true;
    this.left(call, usable, this.owner.context.clock.now());
    this.owner.rerun(call, lost);
    return true;
  }

  cancelling(call: AnyCall): void {
    this.#cancels.add(call);
    if (this.state === 'open') this.state = 'halted';
  }

  left(call: AnyCall, usable: boolean, now: number): void {
    this.inFlight--;
    this.workMs = this.inFlight === 0 ? 0 : this.workMs - call.expectedMs;
    this.freeSince = now;
    const cancelled = this.#cancels.size > 0 && this.#cancels.delete(call);
    if (cancelled && this.#cancels.size === 0 && this.state === 'halted') this.state = 'open';
    if (!usable) return this.#giveUp(cancelled);
    if (this.#connection()?.transactionStatus !== 'I') return this.#giveUp(true);
    if (this.state === 'open') this.owner.freed(this);
    if (this.inFlight === 0) this.#whenEmpty();
  }

  /** Nothing is on it: it goes back if it is to go, else the time begins after which it does. */
  #whenEmpty(): void {
    if (this.inFlight + this.#commands > 0) return;
    if (this.state === 'draining') this.#restore();
    else if (this.state === 'open') this.#idleTimer ??= this.#watchIdle(this.owner.idleMs);
  }

  /** One timer for many short rests: it looks how long the last one is. */
  #watchIdle(ms: number): Timer {
    const { clock } = this.owner.context;
    const look = (): void => {
      this.#idleTimer = undefined;
      if (this.state !== 'open' || this.inFlight > 0) return;
      const left = this.freeSince + this.owner.idleMs - clock.now();
      if (left > 0) this.#idleTimer = this.#watchIdle(left);
      else this.drain();
    };
    return clock.setTimer(ms, look, { unref: true });
  }

  #restore(): void {
    this.state = 'resetting';
    if (!this.readOnly) return this.#giveBack();
    const { clock, limits } = this.owner.context;
    const late = clock.setTimer(limits.cancelTimeoutMs || RESET_MS, () => this.#giveUp(false));
    this.#command(RESET, () => {
      late.cancel();
      this.#giveBack();
    });
  }

  /** A failure means that the session is not what it should be: the connection goes. */
  #command(statement: ReturnType<typeof command>, done: () => void): void {
    const connection = this.#connection();
    if (connection === undefined) return this.#end();
    this.#commands++;
    connection.execute(statement, COMMAND, {
      chunk: () => {},
      end: () => {
        this.#commands--;
        if (this.state !== 'ended') done();
      },
      fail: (error) => {
        this.#commands--;
        this.#giveUp(!isEndOfConnection(error));
      },
    });
  }

  #giveBack(): void {
    if (this.state === 'ended') return;
    this.#end(() => this.lease.release());
  }

  /** @param ours the connection lives: what is in flight loses it by our doing, and being reads, runs again elsewhere */
  #giveUp(ours: boolean): void {
    if (this.state === 'ended') return;
    this.#gaveUp = ours;
    this.#end(() => this.lease.discard('broken'));
  }

  #end(leave?: () => Promise<void>): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.#idleTimer?.cancel();
    void leave?.();
    this.owner.ended(this);
  }

  /** Undefined when the pool has taken it back, at the end of its shutdown. */
  #connection(): Connection | undefined {
    try {
      return this.lease.resource;
    } catch {
      return undefined;
    }
  }
}
