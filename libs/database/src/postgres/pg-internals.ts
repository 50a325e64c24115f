// The parts of pg 8.23 that this folder stands on and that @types/pg does not name. Reviewed against pg's own source;
// the version is pinned exactly in package.json for this reason.
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';

export interface PgField {
  readonly name: string;
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** pg's wire: one method a message. */
export interface PgWire extends EventEmitter {
  readonly stream: Socket;
  parse(message: { name: string; text: string; types: readonly number[] }): void;
  bind(message: { portal: string; statement: string; values: readonly unknown[] }): void;
  describe(message: { type: 'P' | 'S'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
  upgradeToSSL(host: string, report: (error: Error) => void): void;
  sendCopyFail(message: string): void;
}

/** What pg's client calls on an object given to `query()` that has a `submit` method. */
export interface PgSubmittable {
  submit(wire: PgWire): Error | null;
  handleRowDescription(message: { fields: readonly PgField[] }): void;
  handleDataRow(message: { fields: readonly (string | null)[]; length: number }): void;
  handleCommandComplete(message: { text: string }): void;
  handleEmptyQuery(): void;
  handlePortalSuspended(): void;
  handleCopyInResponse(wire: PgWire): void;
  handleCopyData(): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
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
