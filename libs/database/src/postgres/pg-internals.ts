// The parts of pg 8.23 that this folder stands on and that @types/pg does not name. Reviewed against pg's own source;
// the version is pinned exactly in package.json for this reason.
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';

/** pg's wire, as far as the handshake goes. */
export interface PgWire extends EventEmitter {
  readonly stream: Socket;
  upgradeToSSL(host: string, report: (error: Error) => void): void;
  /** Called once, with the stream that carries the protocol: the socket's, or TLS's. */
  attachListeners(stream: Socket): void;
}

export interface PgClientInternals {
  readonly connection: PgWire;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/**
 * pg's client with a startup message of our own: pg would otherwise add what it finds in PG* variables of the process,
 * which belong to somebody else.
 */
export class PgClient extends pg.Client {
  readonly #startup: Readonly<Record<string, string>>;
  /** What the server reported of itself: server_version, TimeZone … */
  readonly serverParameters = new Map<string, string>();

  /** @param serverName what the server is asked for (SNI), where it is not the host */
  constructor(config: pg.ClientConfig, startup: Readonly<Record<string, string>>, serverName?: string) {
    super(config);
    this.#startup = startup;
    const wire = this.internals.connection;
    // pg puts the host it dialled over `ssl.servername`, whatever that says.
    const upgrade = wire.upgradeToSSL.bind(wire);
    wire.upgradeToSSL = (host, report) => upgrade(serverName ?? host, report);
    this.internals.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) =>
      this.serverParameters.set(message.parameterName, message.parameterValue),
    );
  }

  /** Called by pg when the socket is ready. */
  getStartupConf(): Readonly<Record<string, string>> {
    return this.#startup;
  }

  get internals(): PgClientInternals {
    return this as unknown as PgClientInternals;
  }
}
