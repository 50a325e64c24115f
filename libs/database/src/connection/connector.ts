// Who opens connections, and what it must know: plain data, so that it can cross a thread.
import type { CustomCodecs, TypeMode } from './type-options.js';
import type { Connection, ConnectionEvents, Place, StepContext } from './connection.js';

/** TLS as asked for; files are read and secrets revealed already, by the main thread, for this one connect. */
export interface TlsRequest {
  readonly mode: 'require' | 'verify-ca' | 'verify-full';
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name that the certificate must carry, when it is not the host. */
  readonly servername?: string;
}

/** The only place where a password crosses a thread. Never kept, never logged. */
export interface ConnectRequest {
  /** Name in the configuration, for messages. */
  readonly database: string;
  /** A path beginning with `/` is the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  /** What the name was resolved to, for this one connect; absent = the host is dialled as it is. */
  readonly address?: string;
  /** Somebody wants to know what kind of server it is: it is asked where it does not say by itself. */
  readonly askRole?: boolean;
  readonly password: string;
  readonly tls?: TlsRequest;
  /** Startup message: user, database, application_name, statement_timeout … */
  readonly startup: Readonly<Record<string, string>>;
  /** Prepared statements kept on the connection, the least recently used goes first; 0 = none. */
  readonly preparedCacheSize: number;
  readonly types: TypeMode;
  /** OIDs that the main thread decodes by a codec of the user's: they are asked for as text and left alone. */
  readonly customTypes: readonly number[];
}

export interface Connector {
  readonly place: Place;
  /** Connections open or opening here; a hint for placement. */
  readonly load: number;
  /** @param codecs the user's own, for values of this connection; they stay in this thread */
  connect(
    request: ConnectRequest,
    context: StepContext,
    events: ConnectionEvents,
    codecs: CustomCodecs,
  ): Promise<Connection>;
}
