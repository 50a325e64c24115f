// One database's events, as the executor and the connection manager tell them. Each method costs a comparison while nobody
// listens; it makes a payload only then. It knows which asks for a connection wait, to say for whom one is opened.
import type { CloseReason } from '@hydrogen/pool';
import type { Connection } from '../connection/connection.js';
import { channels } from './lifecycle-channels.js';
import type { ConnectionLabel, LifecycleEvents } from './lifecycle-events.js';
import { shownText } from './shown-text.js';

/** Whoever has a number: asked for only when somebody listens. */
export interface Numbered {
  readonly id: number;
}

export class LifecycleTrace {
  /** Those that wait for the pool and for whom no connection is on its way yet, oldest first. */
  readonly #waiting = new Set<number>();
  /** Opened while somebody listened, not lent yet. */
  readonly #fresh = new WeakSet<Connection>();

  constructor(
    private readonly database: string,
    private readonly target: string,
  ) {}

  request(who: Numbered, kind: LifecycleEvents['request']['kind']): void {
    const { database } = this;
    if (channels.request.hasSubscribers) channels.request.publish({ database, id: who.id, kind });
  }

  /** It asks the pool and is given one at once. */
  took(who: Numbered, connection: Connection): void {
    this.#acquire(who);
    this.granted(who, connection, 0);
  }

  /** It asks the pool and may have to wait; what is opened meanwhile is opened for the first of those who do. */
  asks(who: Numbered): void {
    this.#acquire(who);
    if (channels.connect.hasSubscribers) this.#waiting.add(who.id);
  }

  /** It was given one: at once, or after a wait. */
  granted(who: Numbered, connection: Connection, waitMs: number): void {
    const { database } = this;
    if (this.#waiting.size > 0) this.#waiting.delete(who.id);
    // One that was opened while it waited has been told of.
    if (!this.#fresh.delete(connection) || waitMs === 0) this.#reused(who, connection);
    if (channels.grant.hasSubscribers) {
      channels.grant.publish({ database, id: who.id, connection: labelOf(connection), waitMs });
    }
  }

  /** It waits no more, and was given none. */
  refused(who: Numbered): void {
    if (this.#waiting.size > 0) this.#waiting.delete(who.id);
  }

  provide(who: Numbered, connection: Connection): void {
    const { database } = this;
    if (channels.provide.hasSubscribers) {
      channels.provide.publish({ database, id: who.id, connection: labelOf(connection) });
    }
  }

  /** @returns what `opened` is to be told */
  connecting(): number | undefined {
    if (!channels.connect.hasSubscribers) return undefined;
    const [id] = this.#waiting;
    if (id !== undefined) this.#waiting.delete(id);
    channels.connect.publish({ database: this.database, id, target: this.target });
    return id;
  }

  opened(id: number | undefined, connection: Connection, connectMs: number): void {
    const { database } = this;
    if (!channels.ready.hasSubscribers) return;
    this.#fresh.add(connection);
    channels.ready.publish({ database, id, connection: labelOf(connection), connectMs });
  }

  execute(who: Numbered, call: Numbered, connection: Connection, text: string, shared: boolean): void {
    if (!channels.execute.hasSubscribers) return;
    const { database } = this;
    const { id } = who;
    channels.execute.publish({
      database,
      id,
      call: call.id,
      connection: labelOf(connection),
      text: shownText(text),
      shared,
    });
  }

  get hearsResults(): boolean {
    return channels.result.hasSubscribers;
  }

  result(who: Numbered, call: Numbered, ms: number, code?: string): void {
    const { database } = this;
    if (channels.result.hasSubscribers) channels.result.publish({ database, id: who.id, call: call.id, ms, code });
  }

  release(who: Numbered, connection: Connection | undefined): void {
    const { database } = this;
    if (connection !== undefined && channels.release.hasSubscribers) {
      channels.release.publish({ database, id: who.id, connection: labelOf(connection) });
    }
  }

  return(who: Numbered, connection: Connection | undefined, usable: boolean): void {
    const { database } = this;
    if (connection !== undefined && channels.return.hasSubscribers) {
      channels.return.publish({ database, id: who.id, connection: labelOf(connection), usable });
    }
  }

  close(connection: Connection, reason: CloseReason): void {
    const { database } = this;
    if (channels.close.hasSubscribers) channels.close.publish({ database, connection: labelOf(connection), reason });
  }

  lost(connection: Connection, code: string, sqlState: string | undefined): void {
    const { database } = this;
    if (!channels.lost.hasSubscribers) return;
    channels.lost.publish({ database, connection: labelOf(connection), code, sqlState });
  }

  resize(min: number, max: number): void {
    const { database } = this;
    if (channels.resize.hasSubscribers) channels.resize.publish({ database, min, max });
  }

  failure(code: string, attempt: number, nextMs: number): void {
    const { database, target } = this;
    if (channels.failure.hasSubscribers) channels.failure.publish({ database, code, target, attempt, nextMs });
  }

  #acquire(who: Numbered): void {
    const { database } = this;
    if (channels.acquire.hasSubscribers) channels.acquire.publish({ database, id: who.id });
  }

  #reused(who: Numbered, connection: Connection): void {
    const { database } = this;
    if (channels.reuse.hasSubscribers) {
      channels.reuse.publish({ database, id: who.id, connection: labelOf(connection) });
    }
    if (channels.ready.hasSubscribers) {
      channels.ready.publish({ database, id: who.id, connection: labelOf(connection) });
    }
  }
}

function labelOf({ info }: Connection): ConnectionLabel {
  return { pid: info.processId, place: info.place, address: info.address };
}
