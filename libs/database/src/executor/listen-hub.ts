// All listening of one database: its channels share one connection, which is made anew when it is lost, and left for another
// when it is to be replaced; then every listener hears of the gap. Changes happen one after the other, each on its own time.
import type { Timer } from '@hydrogen/pool';
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { detached } from '../scope/call-scope.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import type { LeaseTaker } from './lease-taker.js';
import { ListenSession } from './listen-session.js';
import {
  checkChannel,
  type Gap,
  type ListenOptions,
  type NotificationHandler,
  type Subscription,
} from './subscription.js';

/** Pauses between attempts to listen again, milliseconds: doubled from the first to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Of one attempt, besides the wait for a connection. */
const ATTEMPT_MS = 5_000;

export interface ListenHubOptions {
  readonly context: CallContext;
  readonly taker: LeaseTaker;
  readonly place: string | undefined;
  readonly warn: (message: string) => void;
}

interface Listener {
  readonly handler: NotificationHandler;
  readonly onGap: ListenOptions['onGap'];
  gap: Gap | undefined;
}

export class ListenHub {
  readonly #options: ListenHubOptions;
  readonly #channels = new Map<string, Set<Listener>>();
  #session: ListenSession | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #retry: Timer | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: ListenHubOptions) {
    this.#options = options;
  }

  async listen(channel: string, handler: NotificationHandler, options: ListenOptions): Promise<Subscription> {
    checkChannel(channel);
    const budget = this.#options.context.budget(options);
    const listener: Listener = { handler, onGap: options.onGap, gap: undefined };
    await this.#within(budget, () => this.#add(channel, listener, budget));
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= this.#remove(channel, listener));
    return { channel, close, [Symbol.asyncDispose]: close };
  }

  /** Nobody is called any more; the connection goes back. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#channels.clear();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #add(channel: string, listener: Listener, budget: Budget): Promise<void> {
    const session = await this.#connected(budget);
    const others = this.#channels.get(channel);
    if (others !== undefined) return void others.add(listener);
    // Before it is asked for: what comes right behind the answer is heard.
    this.#channels.set(channel, new Set([listener]));
    try {
      await session.listen(channel, budget);
    } catch (error) {
      this.#channels.delete(channel);
      // Not awaited: the caller's time may be over.
      void this.#closeIfIdle();
      throw error;
    }
  }

  #remove(channel: string, listener: Listener): Promise<void> {
    const listeners = this.#channels.get(channel);
    listeners?.delete(listener);
    return this.#inTurn(async () => {
      // A new one may have come meanwhile.
      if (listeners === undefined || listeners.size > 0 || this.#channels.get(channel) !== listeners) return;
      this.#channels.delete(channel);
      if (this.#channels.size > 0) await this.#session?.unlisten(channel);
      else await this.#closeIfIdle();
    }).catch(() => {});
  }

  /** The session, made if there is none that may stay, and listening to all that is asked for. */
  async #connected(budget: Budget): Promise<ListenSession> {
    if (this.#closed) throw this.#closing();
    if (this.#session?.outdated === false) return this.#session;
    this.#retry?.cancel();
    try {
      // The new one would wait for the old one's place.
      if (!this.#options.taker.room) await this.#leave()?.close();
      return await this.#open(budget);
    } catch (error) {
      this.#listenAgain();
      throw error;
    }
  }

  async #open(budget: Budget): Promise<ListenSession> {
    const session = await ListenSession.open(
      {
        ...this.#options,
        onNotification: (channel, payload, processId) => this.#notify(channel, payload, processId),
        onLost: (lost, reason) => this.#lost(lost, reason),
        // In its turn: it may be the one that is just being made.
        onOutdated: (outdated) => this.#takeUp(() => this.#session === outdated),
      },
      budget,
    );
    try {
      for (const channel of this.#channels.keys()) await session.listen(channel, budget);
      if (this.#closed) throw this.#closing();
      if (session.lost !== undefined) throw session.lost;
    } catch (error) {
      void session.close();
      throw error;
    }
    // Not before, and not at once: what is sent in between is heard of both rather than of none.
    void this.#leave()?.hearOut();
    this.#session = session;
    this.#failures = 0;
    this.#tellGaps();
    return session;
  }

  /** The one that is to be replaced. Nobody can say since when its server has been the wrong one: at worst from its beginning. */
  #leave(): ListenSession | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    this.#session = undefined;
    const { database } = this.#options.context;
    const message = `${database}: the connection that listened was replaced: its server was left, or connections were recycled`;
    this.#missed(session.beganAt, databaseError({ code: 'DB_CONNECTION_LOST', message, database }));
    return session;
  }

  #lost(session: ListenSession, reason: Error): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#missed(session.aliveAt, reason);
    this.#listenAgain();
  }

  /** @param at on the clock: from when on something may have been missed */
  #missed(at: number, reason: Error): void {
    const since = new Date(Date.now() - (this.#options.context.clock.now() - at));
    for (const listener of this.#listeners()) listener.gap ??= { since, reason };
  }

  #listenAgain(): void {
    if (this.#closed || this.#channels.size === 0) return;
    const pause = this.#failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
    this.#failures++;
    this.#retry?.cancel();
    // Half of it at random: a hundred services that lost one server do not come back in one moment.
    const { clock } = this.#options.context;
    this.#retry = clock.setTimer(pause * (0.5 + Math.random() / 2), () => this.#takeUp());
  }

  /** @param wanted asked in its turn */
  #takeUp(wanted: () => boolean = () => true): void {
    const { context, warn } = this.#options;
    const timeoutMs = context.limits.acquireTimeoutMs + ATTEMPT_MS;
    this.#inTurn(async () => {
      if (this.#channels.size > 0 && wanted()) await this.#connected(context.ownBudget(timeoutMs));
    }).catch((error: unknown) => {
      if (!this.#closed) warn(`${context.database}: LISTEN is not taken up again yet: ${(error as Error).message}`);
    });
  }

  #tellGaps(): void {
    for (const listener of this.#listeners()) {
      const { gap, onGap } = listener;
      listener.gap = undefined;
      if (gap !== undefined && onGap !== undefined) this.#call('onGap', () => onGap(gap));
    }
  }

  #notify(channel: string, payload: string, processId: number): void {
    for (const { handler } of this.#channels.get(channel) ?? []) {
      this.#call(`the handler of channel ${channel}`, () => handler(payload, { channel, payload, processId }));
    }
  }

  /** The user's code: what it throws is none of the connection's business. */
  #call(what: string, act: () => void | Promise<void>): void {
    const { context, warn } = this.#options;
    const failed = (error: unknown): void => {
      warn(
        `${context.database}: ${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : 'no Error'}`,
      );
    };
    try {
      // A message belongs to no request, not even to the one in which listening began.
      Promise.resolve(detached(act)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #listeners(): Listener[] {
    return [...this.#channels.values()].flatMap((listeners) => [...listeners]);
  }

  async #closeIfIdle(): Promise<void> {
    if (this.#channels.size > 0) return;
    this.#retry?.cancel();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  #inTurn<R>(act: () => Promise<R>): Promise<R> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** In its turn, and told at its deadline even if the turn has not come: then nothing is done. */
  #within(budget: Budget, act: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const callOff = budget.onEnd('acquire', reject);
      this.#inTurn(async () => {
        callOff();
        budget.check('acquire');
        await act();
      }).then(resolve, reject);
    });
  }

  #closing(): DatabaseError {
    const { database } = this.#options.context;
    return databaseError({ code: 'DB_CLOSING', message: `${database}: is being closed`, database });
  }
}
