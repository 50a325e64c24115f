// What the pool's four duties mean for a PostgreSQL connection. The pool knows no connections, the connections know no
// pool: this is the seam.
import type { Clock, CloseReason, CreateContext, CreateFailure, ResourceManager, StepContext } from '@hydrogen/pool';
import type { Connection, ResetMode, StepContext as BudgetedStep } from '../connection/connection.js';
import type { Connector, ConnectRequest } from '../connection/connector.js';
import { NO_CODECS, type CustomCodecs } from '../connection/type-options.js';
import { databaseError, DatabaseError } from '../errors/database.error.js';
import { isFatalAtConnect, isFullAtConnect } from '../errors/sqlstate.js';
import type { LifecycleTrace } from '../observe/lifecycle-trace.js';
import { detached } from '../scope/call-scope.js';
import type { Placement } from './placement.js';
import type { RoundTrip } from './round-trip.js';

export interface ConnectionManagerOptions {
  readonly clock: Clock;
  /** Where connections may be opened; the one with the least load is taken. */
  readonly connectors: readonly Connector[];
  /** Made anew for each connect: passwords rotate and certificate files change. */
  readonly request: () => Promise<ConnectRequest>;
  readonly resetMode: ResetMode;
  /** The user's own, by OID. */
  readonly codecs?: CustomCodecs;
  /** Where the pool's own connections (MinConnections) go that nobody asked for. Default `auto`: inline. */
  readonly placement?: Placement;
  readonly roundTrip: RoundTrip;
  /** Looks at a connection before anybody has it. A throw is a failed connect. */
  readonly inspect?: (connection: Connection, context: BudgetedStep) => Promise<void>;
  readonly onConnected?: (connection: Connection) => void;
  /** One that was open died by itself. */
  readonly onLost?: (connection: Connection, reason: Error) => void;
  /** Default: nobody is told. */
  readonly trace?: LifecycleTrace;
}

/** PgBouncer's own words, which nobody translates, under the code of a protocol violation. */
const POOLER_FULL = /no more connections allowed|max_(?:client_conn|db_client_connections|user_client_connections)/;

const kindOf = (place: Connector['place']): string => (place === 'inline' ? 'inline' : 'worker');

export class ConnectionManager implements ResourceManager<Connection> {
  readonly #options: ConnectionManagerOptions;
  /** Their end is told, or our doing. */
  readonly #over = new WeakSet<Connection>();

  constructor(options: ConnectionManagerOptions) {
    this.#options = options;
  }

  /** Its socket and timers outlive the request that asked first. */
  create(context: CreateContext): Promise<Connection> {
    // By the asker's context, which is left behind below.
    const asker = this.#options.trace?.connecting();
    return detached(() => this.#connect(context, asker));
  }

  async #connect(
    context: CreateContext,
    asker: ReturnType<LifecycleTrace['connecting']> | undefined,
  ): Promise<Connection> {
    const { clock, request, onConnected, trace, codecs = NO_CODECS } = this.#options;
    const startedAt = clock.now();
    const wanted = await request();
    const connector = this.#place(context.place);
    const lost = (error: Error): void => {
      if (opened !== undefined) this.#tellLost(opened, error);
      context.lost(error);
    };
    let opened: Connection | undefined;
    const connection = await connector.connect(wanted, this.#budget(context), { lost }, codecs);
    await this.#prepare(connection, context);
    opened = connection;
    onConnected?.(connection);
    trace?.opened(asker, connection, clock.now() - startedAt);
    return connection;
  }

  /** Everything but a plain no and "full" is "not yet": refused, reset, no such host, starting up. */
  classifyFailure(error: unknown): CreateFailure {
    if (!(error instanceof DatabaseError)) return 'retry';
    const { code, sqlState = '', message } = error;
    // What pg itself says of a login is about bytes that may be garbled, unless it is that we gave no password.
    if (code === 'DB_AUTH_FAILED' && sqlState === '') return /client password/.test(message) ? 'fatal' : 'retry';
    if (code === 'DB_AUTH_FAILED') return 'refused';
    if (code === 'DB_TLS') return /neither yes nor no/.test(message) ? 'retry' : 'fatal';
    if (code === 'DB_CONFIG_INVALID') return 'fatal';
    if (code !== 'DB_CONNECT_FAILED') return 'retry';
    if (isFatalAtConnect(sqlState)) return 'refused';
    return isFullAtConnect(sqlState) || (sqlState === '08P01' && POOLER_FULL.test(message)) ? 'full' : 'retry';
  }

  validate(connection: Connection, context: StepContext): Promise<void> {
    return this.#ping(connection, context);
  }

  async #prepare(connection: Connection, context: StepContext): Promise<void> {
    const { roundTrip, inspect } = this.#options;
    try {
      if (!roundTrip.known) {
        // Twice: the first measurement of a process that is just starting is seldom a good one.
        await this.#ping(connection, context);
        await this.#ping(connection, context);
      }
      await inspect?.(connection, this.#budget(context));
    } catch (error) {
      // Nobody else knows of it yet.
      void connection.close(this.#budget(context));
      throw error;
    }
  }

  async #ping(connection: Connection, context: StepContext): Promise<void> {
    const { clock, roundTrip } = this.#options;
    const sentAt = clock.now();
    await connection.ping(this.#budget(context));
    roundTrip.measured(clock.now() - sentAt);
  }

  reset(connection: Connection, context: () => StepContext): undefined | 'discard' | Promise<void> {
    if (connection.inFlight > 0) return 'discard';
    const { resetMode } = this.#options;
    const clean = connection.transactionStatus === 'I' && (resetMode !== 'smart' || connection.touched.size === 0);
    if (clean && resetMode !== 'discard-all') return undefined;
    return connection.reset(resetMode, this.#budget(context()));
  }

  destroy(connection: Connection, reason: CloseReason, context: StepContext): Promise<void> {
    // It failed a proof, or a cancel: the socket may not have noticed yet.
    if (reason === 'broken') this.#tellLost(connection, gaveUp());
    this.#over.add(connection);
    this.#options.trace?.close(connection, reason);
    return connection.close(this.#budget(context));
  }

  /** In the pool's words: one worker is as good as another. */
  placeOf({ info }: Connection): string {
    return kindOf(info.place);
  }

  #place(wanted: string | undefined): Connector {
    const { connectors, placement } = this.#options;
    const kind = wanted ?? (placement === 'worker' ? 'worker' : 'inline');
    const fitting = connectors.filter(({ place }) => kindOf(place) === kind);
    // A wish, not a condition: without workers everything is here.
    return (fitting.length > 0 ? fitting : connectors).reduce((least, each) => (each.load < least.load ? each : least));
  }

  /** Once a connection, whoever notices first. */
  #tellLost(connection: Connection, error: Error): void {
    if (this.#over.has(connection)) return;
    this.#over.add(connection);
    this.#options.onLost?.(connection, error);
  }

  #budget({ deadline, signal }: StepContext): { budgetMs: number; signal: AbortSignal } {
    return { budgetMs: Math.max(1, deadline - this.#options.clock.now()), signal };
  }
}

function gaveUp(): DatabaseError {
  return databaseError({ code: 'DB_CONNECTION_LOST', message: 'given up, for it did not answer or would not stop' });
}
