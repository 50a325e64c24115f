// A listening server that speaks enough of the protocol to lie on cue: an honest handshake and honest answers, until a test
// puts something else in their place. It answers CancelRequest on a second socket, as a postmaster does.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { says } from '../../libs/wire/test-support/backend-bytes.js';

const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;

/** What a client sent: a letter and what stands behind its length. */
export interface ClientMessage {
  readonly letter: string;
  readonly body: Buffer;
}

export interface ScriptedSession {
  readonly socket: Socket;
  send(...messages: readonly Buffer[]): void;
  /** FIN, behind what was sent. */
  end(): void;
  /** RST. */
  reset(): void;
}

export interface Script {
  /** In place of the whole handshake, when the startup message has come. */
  readonly startup?: (session: ScriptedSession) => void;
  /** A password in clear is asked for, and any is right. */
  readonly cleartext?: boolean;
  /** In place of an honest answer to the question that each new connection asks about poolers. */
  readonly probe?: (session: ScriptedSession) => void;
  /** In place of honest answers: the messages up to a Sync or Flush, and how many such flights came before. */
  readonly answer?: (session: ScriptedSession, flight: readonly ClientMessage[], index: number) => void;
  /** A CancelRequest came: its socket is closed as usual, unless this says false. */
  readonly cancelled?: (session: ScriptedSession | undefined) => boolean;
}

export interface ScriptedPostmaster {
  readonly host: string;
  readonly port: number;
  /** The latest session. */
  readonly current: ScriptedSession | undefined;
  /** CancelRequests that have come. */
  readonly cancels: number;
  /** For sessions that begin from now on. */
  play(script: Script): void;
  close(): Promise<void>;
}

export const PROCESS_ID = 4711;
const SECRET = 1_234_567;

/** What comes between the authentication and the first ReadyForQuery. */
export const SETTINGS: readonly Buffer[] = [
  says.parameterStatus('server_version', '18.0'),
  says.parameterStatus('client_encoding', 'UTF8'),
  says.backendKey(PROCESS_ID, SECRET),
];

const PROBE: readonly Buffer[] = [
  says.parseComplete,
  says.parseComplete,
  says.bindComplete,
  says.columns({ name: 'pid', typeOid: 23 }, { name: 'passed', typeOid: 16 }),
  says.row(String(PROCESS_ID), 't'),
  says.complete('SELECT 1'),
  says.closeComplete,
  says.ready(),
];
const isProbe = (flight: readonly ClientMessage[]): boolean =>
  flight.some(({ letter, body }) => letter === 'P' && body.includes('hydrogen_probe'));

/** One column `a` and one row of it, whatever was asked. */
export function honest(flight: readonly ClientMessage[]): Buffer[] {
  return flight.flatMap(({ letter, body }) => {
    if (letter === 'P') return says.parseComplete;
    if (letter === 'B') return says.bindComplete;
    if (letter === 'C') return says.closeComplete;
    if (letter === 'D') return body[0] === 0x53 ? [says.parameters([]), says.columns('a')] : says.columns('a');
    if (letter === 'E') return [says.row('1'), says.complete('SELECT 1')];
    return letter === 'S' ? says.ready() : [];
  });
}

export async function startScriptedPostmaster(): Promise<ScriptedPostmaster> {
  let script: Script = {};
  let cancels = 0;
  let latest: ScriptedSession | undefined;
  const sockets = new Set<Socket>();

  const serve = (socket: Socket): void => {
    const mine = script;
    const session: ScriptedSession = {
      socket,
      send: (...messages) => void (socket.writable && socket.write(Buffer.concat(messages))),
      end: () => void socket.end(),
      reset: () => void socket.resetAndDestroy(),
    };
    let bytes: Buffer = Buffer.alloc(0);
    let flight: ClientMessage[] = [];
    let flights = 0;
    let state: 'startup' | 'password' | 'open' | 'own' = 'startup';
    const begin = (): void => {
      state = 'open';
      session.send(says.authenticationOk, ...SETTINGS, says.ready());
    };
    /** @returns bytes that were used, 0 = more are needed */
    const startup = (): number => {
      if (bytes.length < 8 || bytes.length < bytes.readInt32BE(0)) return 0;
      const code = bytes.readInt32BE(4);
      if (code === CANCEL_REQUEST) {
        cancels++;
        if (mine.cancelled?.(latest) !== false) socket.end();
        state = 'own';
      } else if (code === SSL_REQUEST) socket.write('N');
      else {
        latest = session;
        if (mine.startup) {
          state = 'own';
          mine.startup(session);
        } else if (mine.cleartext) {
          state = 'password';
          session.send(says.authenticationCleartext);
        } else begin();
      }
      return bytes.readInt32BE(0);
    };
    const message = (): number => {
      if (bytes.length < 5 || bytes.length < 1 + bytes.readInt32BE(1)) return 0;
      const size = 1 + bytes.readInt32BE(1);
      const letter = String.fromCharCode(bytes[0] as number);
      if (state === 'password') begin();
      else if (letter === 'X') socket.end();
      else {
        flight.push({ letter, body: Buffer.from(bytes.subarray(5, size)) });
        if (letter === 'S' || letter === 'H') {
          const whole = flight;
          flight = [];
          if (isProbe(whole)) {
            if (mine.probe) mine.probe(session);
            else session.send(...PROBE);
          } else if (mine.answer) mine.answer(session, whole, flights++);
          else session.send(...honest(whole));
        }
      }
      return size;
    };
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let used = 1; used > 0 && bytes.length > 0 && state !== 'own'; bytes = bytes.subarray(used)) {
        used = state === 'startup' ? startup() : message();
      }
    });
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => void sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    get current() {
      return latest;
    },
    get cancels() {
      return cancels;
    },
    play: (next) => void (script = next),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
