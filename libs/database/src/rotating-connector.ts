// A connector for passwords that change. A source and a server are never changed in one instant: while the new password is
// written and the role not yet altered, the last one that was taken still fits. It tries no password that has been refused since.
import type { Connection, ConnectionEvents, StepContext } from './connection/connection.js';
import type { Connector, ConnectRequest } from './connection/connector.js';
import type { CustomCodecs } from './connection/type-options.js';
import { hasCode } from './errors/guards.js';

/** Of one database, for all its connectors. A private field: no dump of the application shows it. */
export class LastPassword {
  #taken: string | undefined;

  get taken(): string | undefined {
    return this.#taken;
  }

  set taken(password: string | undefined) {
    this.#taken = password;
  }
}

export class RotatingConnector implements Connector {
  constructor(
    private readonly inner: Connector,
    private readonly last: LastPassword,
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
    const login = async (password: string): Promise<Connection> => {
      const connection = await this.inner.connect({ ...request, password }, context, events, codecs);
      this.last.taken = password;
      return connection;
    };
    const before = this.last.taken;
    try {
      return await login(request.password);
    } catch (error) {
      if (before === undefined || before === request.password || !hasCode(error, 'DB_AUTH_FAILED')) throw error;
    }
    try {
      return await login(before);
    } catch (error) {
      if (!hasCode(error, 'DB_AUTH_FAILED')) throw error;
      // Both refused: forgotten, so that a wrong password costs one login each time and not two.
      if (this.last.taken === before) this.last.taken = undefined;
    }
    // Unless the role was altered between the two.
    return login(request.password);
  }
}
