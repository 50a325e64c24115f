// One connection that listens, from LISTEN to its loss or its return. It asks now and then whether the connection still
// lives, for nothing else is sent on it and a dead network says nothing.
import type { Lease, Timer } from '@hydrogen/pool';
import type { Connection, NotificationListener } from '../connection/connection.js';
import { databaseError } from '../errors/database.error.js';
import { command, type Statement } from '../query/statement.js';
import { sql } from '../query/sql.js';
import type { Budget } from './budget.js';
import type { CallContext } from './call-context.js';
import { HeldConnection } from './held-connection.js';
import type { LeaseTaker } from './lease-taker.js';
import { RowsCall } from './rows-call.js';

const HEARTBEAT_MS = 30_000;
/** Time for the answer to a heartbeat or a last question, and for UNLISTEN. */
const ANSWER_MS = 5_000;

export interface ListenSessionOptions {
  readonly context: CallContext;
  readonly taker: LeaseTaker;
  readonly place: string | undefined;
  readonly warn: (message: string) => void;
  readonly onNotification: NotificationListener;
  /** Once, unless it was closed. The connection is given up by then. */
  readonly onLost: (session: ListenSession, reason: Error) => void;
  /** Its connection is to be replaced: the others have left its server, or somebody has recycled them. It listens until it is closed. */
  readonly onOutdated: (session: ListenSession) => void;
}

export class ListenSession {
  readonly #options: ListenSessionOptions;
  #held: HeldConnection | undefined;
  #heartbeat: Timer | undefined;
  #over = false;
  /** On the clock: the last sign of life. */
  aliveAt = 0;
  /** On the clock. */
  beganAt = 0;
  lost: Error | undefined;
  outdated = false;

  private constructor(options: ListenSessionOptions) {
    this.#options = options;
  }

  /** @throws what taking a lease does; DB_UNSUPPORTED behind a pooler that shares sessions */
  static async open(options: ListenSessionOptions, budget: Budget): Promise<ListenSession> {
    const session = new ListenSession(options);
    const { context, taker, place } = options;
    const wish = {
      place,
      onLost: (reason: Error) => session.#lose(reason),
      onOutdated: () => session.#outdate(),
    };
    const lease = taker.tryTake(budget, wish) ?? (await taker.take(budget, wish));
    session.#begin(lease, new HeldConnection(context, lease, () => {}));
    return session;
  }

  /** @throws what the server says */
  async listen(channel: string, budget: Budget): Promise<void> {
    await this.#run({ ...command(`listen ${sql.identifier(channel).text}`), touches: ['listen'] }, budget);
  }

  /** Never rejects: a lost connection listens to nothing. */
  async unlisten(channel: string): Promise<void> {
    const budget = this.#options.context.ownBudget(ANSWER_MS);
    await this.#run(command(`unlisten ${sql.identifier(channel).text}`), budget).catch(() => {});
  }

  /** Closes it when what was sent before this moment has been heard: it stands in front of the next answer. Never rejects. */
  async hearOut(): Promise<void> {
    await this.#ask().catch(() => {});
    await this.close();
  }

  /** Gives the connection back, which ends all listening. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#over = true;
    this.#heartbeat?.cancel();
    await this.#held?.release();
  }

  #begin(lease: Lease<Connection>, held: HeldConnection): void {
    this.#held = held;
    const { context, onNotification } = this.#options;
    const { database, clock } = context;
    const connection = lease.resource;
    if (!connection.capabilities.ownSession) {
      void this.close();
      const message = `${database}: LISTEN needs a session of its own, and the pooler in front of the server shares them`;
      throw databaseError({ code: 'DB_UNSUPPORTED', message, database });
    }
    this.aliveAt = this.beganAt = clock.now();
    connection.onNotification((channel, payload, processId) => {
      this.aliveAt = clock.now();
      if (!this.#over) onNotification(channel, payload, processId);
    });
    this.#beatLater();
  }

  async #run(statement: Statement, budget: Budget): Promise<void> {
    const { context } = this.#options;
    const call = new RowsCall(context, context.command(statement, budget, true));
    await (this.#held as HeldConnection).run(call);
    this.aliveAt = context.clock.now();
  }

  #beatLater(): void {
    const { clock } = this.#options.context;
    this.#heartbeat = clock.setTimer(HEARTBEAT_MS, () => void this.#beat(), { unref: true });
  }

  async #beat(): Promise<void> {
    try {
      await this.#ask();
      if (!this.#over) this.#beatLater();
    } catch (error) {
      this.#lose(error as Error);
    }
  }

  async #ask(): Promise<void> {
    await this.#run(command('select 1'), this.#options.context.ownBudget(ANSWER_MS));
  }

  #lose(reason: Error): void {
    if (this.#over) return;
    this.lost = reason;
    void this.close();
    this.#options.onLost(this, reason);
  }

  #outdate(): void {
    this.outdated = true;
    if (!this.#over) this.#options.onOutdated(this);
  }
}
