// Opens connections whose socket stands in this thread: TCP, TLS, SCRAM and the startup message are pg's.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ConnectionEvents, ConnectionInfo, Place, StepContext, TlsInfo } from '../connection/connection.js';
import type { Connector, ConnectRequest } from '../connection/connector.js';
import type { CustomCodecs } from '../connection/type-options.js';
import type { CancelTarget } from './cancel.js';
import { connectTimeout } from '../errors/connect-timeout.js';
import { DatabaseError } from '../errors/database.error.js';
import { connectError } from './error.mapper.js';
import { PgClient } from './pg-internals.js';
import { carryingTypeMap, typeMapOf } from './decode.js';
import { takeSocket, watchHandshake, type HandshakeTap } from './handshake.js';
import { refusesStartup, splitStartup } from './pooler.js';
import { PostgresConnection } from './postgres-connection.js';
import { reportedRole } from './session-role.js';
import { tlsOptions } from './tls.js';

/**
 * TCP keepalive starts after this idle time. Node asks ten times then, a second apart: a half-open connection whose server
 * has all that was sent is found after 11 s. The price is a packet each second on a silent connection.
 */
const TCP_KEEPALIVE_MS = 1_000;

export class PostgresConnector implements Connector {
  #load = 0;
  /** Targets that refuse most of a startup message. */
  readonly #poolers = new Set<string>();

  constructor(readonly place: Place) {}

  get load(): number {
    return this.#load;
  }

  async connect(
    request: ConnectRequest,
    context: StepContext,
    events: ConnectionEvents,
    codecs: CustomCodecs,
  ): Promise<PostgresConnection> {
    const target = targetOf(request);
    this.#load++;
    try {
      const { opened, left, refused } = await this.#open(request, context, target);
      // Of a connection that is lost before it was ready only its connect fails.
      let ready = false;
      const lost: ConnectionEvents['lost'] = (error) => {
        if (!ready) return;
        this.#load--;
        events.lost(error);
      };
      const connection = adopt(opened, request, this.place, { lost }, codecs);
      await connection.probe(left, refused, request.askRole === true, context);
      ready = true;
      return connection;
    } catch (error) {
      this.#load--;
      // Whatever broke off when the time was over broke off for that.
      if (context.signal.aborted) throw connectTimeout(request.database, target, context.budgetMs);
      throw error;
    }
  }

  /** A pooler that refuses some of the startup message is asked again with what every pooler takes. */
  async #open(request: ConnectRequest, context: StepContext, target: string): Promise<Started> {
    const { startup, left } = splitStartup(request.startup);
    const pooled = async (): Promise<Started> => ({
      opened: await openClient({ ...request, startup }, context, target),
      left,
      refused: true,
    });
    if (this.#poolers.has(target)) return pooled();
    try {
      return { opened: await openClient(request, context, target), left, refused: false };
    } catch (error) {
      if (!(error instanceof DatabaseError) || !refusesStartup(error.message)) throw error;
      this.#poolers.add(target);
      return pooled();
    }
  }
}

interface Started {
  readonly opened: Opened;
  /** Settings that not every pooler takes at startup. */
  readonly left: Readonly<Record<string, string>>;
  /** It said so; others ignore them without a word. */
  readonly refused: boolean;
}

interface Opened {
  readonly client: PgClient;
  readonly tap: HandshakeTap;
}

async function openClient(request: ConnectRequest, context: StepContext, target: string): Promise<Opened> {
  const tls = request.tls && tlsOptions(request.tls, request.host);
  const client = new PgClient(
    {
      host: request.address ?? request.host,
      port: request.port,
      user: request.startup.user,
      database: request.startup.database,
      // A function, for pg takes an empty string for "look into PGPASSWORD and ~/.pgpass".
      password: () => request.password,
      ssl: tls ?? false,
      // Spelled out, for pg fills gaps from PG* variables of the process.
      sslnegotiation: 'postgres',
      keepAlive: true,
      keepAliveInitialDelayMillis: TCP_KEEPALIVE_MS,
    },
    request.startup,
    // The address is dialled; the certificate is the name's.
    request.tls?.servername ?? request.host,
  );
  // Permanent from the first moment: an 'error' event without a listener ends the process.
  client.on('error', () => {});
  const tap = watchHandshake(client.internals.connection);
  const abort = (): void => void client.internals.connection.stream.destroy();
  context.signal.addEventListener('abort', abort, { once: true });
  try {
    context.signal.throwIfAborted();
    await client.connect();
    return { client, tap };
  } catch (error) {
    abort();
    if (context.signal.aborted) throw connectTimeout(request.database, target, context.budgetMs);
    throw connectError(error, request.database, target);
  } finally {
    context.signal.removeEventListener('abort', abort);
  }
}

function adopt(
  { client, tap }: Opened,
  request: ConnectRequest,
  place: Place,
  events: ConnectionEvents,
  codecs: CustomCodecs,
): PostgresConnection {
  const { connection: wire, processID, secretKey } = client.internals;
  const stream = wire.stream as Socket & Partial<TLSSocket>;
  const unix = request.host.startsWith('/');
  const host = unix ? request.host : (stream.remoteAddress ?? request.host);
  const cancelTarget: CancelTarget = {
    host,
    port: request.port,
    processId: processID ?? 0,
    secretKey: secretKey ?? 0,
    ...(request.tls ? { tls: request.tls, name: request.host } : {}),
  };
  const role = reportedRole(client.serverParameters);
  const info: ConnectionInfo = {
    place,
    processId: processID ?? 0,
    address: unix ? targetOf(request) : `${host}:${request.port}`,
    serverVersion: client.serverParameters.get('server_version') ?? '',
    ...(role ? { role } : {}),
    ...(request.tls ? { tls: tlsInfo(stream as TLSSocket, request.tls.mode) } : {}),
  };
  const abroad = place !== 'inline';
  return new PostgresConnection(takeSocket(client), tap.rest, {
    database: request.database,
    info,
    capabilities: { pipelineDepth: Infinity, prepared: true, ownSession: true },
    cancelTarget,
    types: abroad ? carryingTypeMap(request.types, request.customTypes) : typeMapOf(request.types, codecs),
    destination: abroad ? 'abroad' : 'here',
    preparedCacheSize: request.preparedCacheSize,
    events,
  });
}

function tlsInfo(stream: TLSSocket, mode: string): TlsInfo {
  const cipher = stream.getCipher();
  return { protocol: stream.getProtocol() ?? '', cipher: cipher.standardName ?? cipher.name, mode };
}

function targetOf({ host, port }: ConnectRequest): string {
  return host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host}:${port}`;
}
