// A connector that knows several hosts: the one below it opens a session at an address, this one says at which, and keeps
// the record of who lives where. It stands on the main thread, whatever thread the sockets stand in.
import type { Connection, ConnectionEvents, StepContext } from '../connection/connection.js';
import type { Connector, ConnectRequest } from '../connection/connector.js';
import type { CustomCodecs } from '../connection/type-options.js';
import type { DatabaseError } from '../errors/database.error.js';
import type { Dialler } from './dialler.js';
import type { Site } from './host.js';
import type { OpenSites } from './open-sites.js';

export class HostsConnector implements Connector {
  constructor(
    private readonly inner: Connector,
    private readonly dialler: Dialler,
    private readonly sites: OpenSites,
    private readonly onOpened: () => void,
  ) {}

  get place(): Connector['place'] {
    return this.inner.place;
  }

  get load(): number {
    return this.inner.load;
  }

  async connect(
    request: ConnectRequest,
    context: StepContext,
    events: ConnectionEvents,
    codecs: CustomCodecs,
  ): Promise<Connection> {
    const attempts = new Map<Connection, Attempt>();
    const open = async ({ host, address }: Site, step: StepContext): Promise<Connection> => {
      const attempt = new Attempt(events);
      this.sites.dialling(host, 1);
      try {
        const asked = { ...request, host: host.name, port: host.port, address };
        const connection = await this.inner.connect(asked, step, attempt, codecs);
        attempts.set(connection, attempt);
        return connection;
      } finally {
        this.sites.dialling(host, -1);
      }
    };
    const { connection, site } = await this.dialler.dial(open, context);
    attempts.get(connection)?.taken(() => this.sites.closed(connection));
    this.sites.opened(connection, site);
    this.onOpened();
    return connection;
  }
}

/** The events of one session. Those that were not taken are nobody's loss. */
class Attempt implements ConnectionEvents {
  #onLost: (() => void) | undefined;
  #early: DatabaseError | undefined;

  constructor(private readonly events: ConnectionEvents) {}

  readonly lost = (error: DatabaseError): void => {
    if (this.#onLost === undefined) {
      this.#early = error;
      return;
    }
    this.#onLost();
    this.events.lost(error);
  };

  /** @throws what it was lost by meanwhile */
  taken(onLost: () => void): void {
    if (this.#early) throw this.#early;
    this.#onLost = onLost;
  }
}
