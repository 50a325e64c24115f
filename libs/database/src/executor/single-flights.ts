// Calls that get a connection of their own for their one flight. The lease is taken here and given back here, on every
// path, as soon as the server has answered and before the caller goes on.
import type { Lease } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { CallContext } from './call-context.js';
import type { LeaseTaker } from './lease-taker.js';
import { mayRunAgain } from './retry-rule.js';
import type { AnyCall, CallHome } from './statement-call.js';

/** A call that cannot have taken this long to come here: its start is as good as a new look at the clock. */
const SHORT_MS = 1;

export class SingleFlights implements CallHome {
  readonly shared = false;
  readonly readOnly = false;
  readonly freeSince = 0;

  constructor(
    private readonly taker: LeaseTaker,
    private readonly context: CallContext,
    /** It holds no connection any more, and waits for none. */
    private readonly onDone: (call: AnyCall) => void = () => {},
  ) {}

  /** Sends it at once if a connection is idle, else when one is granted. */
  run(call: AnyCall, place?: string): void {
    const { budget } = call;
    const lease = this.taker.tryTake(budget, { place });
    call.home = this;
    call.place = place;
    if (lease !== undefined) {
      // A wait before this one (for a pipeline, say) is part of what `now` must show.
      const fresh = call.sentAt === 0 && budget.deadline - budget.startedAt > SHORT_MS;
      this.#fly(call, lease, fresh ? budget.startedAt : this.context.clock.now());
    } else {
      this.context.calls.add(call);
      this.taker.take(budget, { place }).then(
        (granted) => this.#fly(call, granted, this.context.clock.now()),
        (error: unknown) => {
          call.refuse(error);
          this.onDone(call);
        },
      );
    }
  }

  withdraw(): undefined {
    return undefined;
  }

  recovers(call: AnyCall, error: DatabaseError, usable: boolean): boolean {
    if (!usable) return this.#again(call, mayRunAgain(call, error, false));
    const { lease } = call;
    if (lease === undefined) return false;
    if (this.context.demotion.recovers(call, error, connectionOf(lease))) return this.#again(call, true);
    if (!call.standAlone(error)) return false;
    call.send(lease.resource, this, this.context.clock.now());
    return true;
  }

  /** On another connection: this one is gone. */
  #again(call: AnyCall, may: boolean): boolean {
    if (!may) return false;
    this.#giveBack(call, false);
    this.run(call, call.place);
    return true;
  }

  cancelling(): void {
    // Nobody else is on the connection.
  }

  left(call: AnyCall, usable: boolean): void {
    this.#giveBack(call, usable);
    this.onDone(call);
  }

  #giveBack(call: AnyCall, usable: boolean): void {
    const { lease } = call;
    call.lease = undefined;
    const { trace } = this.context;
    trace.release(call.budget, call.connection);
    trace.return(call.budget, call.connection, usable);
    void (usable ? lease?.release() : lease?.discard('broken'));
  }

  #fly(call: AnyCall, lease: Lease<Connection>, now: number): void {
    if (call.state === 'waiting' && (call.budget.aborted !== undefined || now >= call.budget.deadline)) {
      call.refuse(call.budget.ended('acquire'));
    }
    // Its reader may have left while it waited.
    if (call.state !== 'waiting') {
      void lease.release();
      return this.onDone(call);
    }
    call.lease = lease;
    this.context.trace.provide(call.budget, lease.resource);
    call.send(lease.resource, this, now);
  }
}

/** Undefined when the pool has taken it back, at the end of its shutdown. */
function connectionOf(lease: Lease<Connection>): Connection | undefined {
  try {
    return lease.resource;
  } catch {
    return undefined;
  }
}
