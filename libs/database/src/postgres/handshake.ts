// pg makes the session (TCP, TLS, SCRAM, startup); then its socket is taken over. pg's parser trusts whoever it talks to: it
// throws out of a 'data' event, or never returns. So it is given whole messages only, which have been looked at before.
import type { Socket } from 'node:net';
import { BackendReader, WireError, type BackendHandler } from '@hydrogen/wire';
import type { PgClient, PgWire } from './pg-internals.js';

const HEADER = 5;
/** Nothing that is said before a session begins is longer, in bytes (libpq's limit). */
const LONGEST = 30_000;

const AUTHENTICATION = 0x52;
const BACKEND_KEY = 0x4b;
const ERROR = 0x45;

/** AuthenticationOk, …CleartextPassword, …MD5Password, …SASL, …SASLContinue, …SASLFinal: what pg can answer. */
const METHODS = new Set([0, 3, 5, 10, 11, 12]);
const SASL = 10;
const SASL_FINAL = 12;
/** Bytes of the whole message, for the methods whose size is known. */
const SIZES = new Map([
  [0, 9],
  [3, 9],
  [5, 13],
]);

/** Follows the messages up to the first ReadyForQuery and keeps what comes behind it. */
export class HandshakeTap {
  #bytes: Buffer = Buffer.alloc(0);
  #ready = false;
  #authenticated = false;
  /** A SCRAM exchange has begun, and the server has not proved yet that it knows the password. */
  #proving = false;
  readonly #reader = new BackendReader(this.#listener());

  /**
   * @returns the messages of the handshake that have become whole, for pg
   * @throws WireError, or an Error with what a server said that could not even begin a session
   */
  push(chunk: Buffer): Buffer {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    let at = 0;
    while (!this.#ready && this.#bytes.length - at >= HEADER) {
      const next = at + 1 + this.#length(at);
      if (next > this.#bytes.length) break;
      this.#message(this.#bytes.subarray(at, next));
      at = next;
    }
    const whole = this.#bytes.subarray(0, at);
    this.#bytes = this.#bytes.subarray(at);
    return whole;
  }

  /** What came behind ReadyForQuery. */
  get rest(): Buffer {
    return this.#bytes;
  }

  #length(at: number): number {
    const length = this.#bytes.readUInt32BE(at + 1);
    if (length >= 4 && length <= LONGEST) return length;
    // A postmaster that cannot start another process says so in a line of plain text behind an 'E'.
    if (this.#bytes[at] === ERROR && length > LONGEST) {
      const [line = ''] = this.#bytes.toString('latin1', at + 1).split(/[^ -~]/, 1);
      throw new Error(line.slice(0, 200));
    }
    throw new WireError(`a message of ${length} bytes in the handshake`);
  }

  #message(message: Buffer): void {
    if (message[0] === AUTHENTICATION) this.#authentication(message);
    else if (message[0] !== BACKEND_KEY) this.#reader.push(message);
    else if (message.length !== 13) throw new WireError('a malformed BackendKeyData');
  }

  #authentication(message: Buffer): void {
    if (message.length < 9) throw new WireError('a malformed request for authentication');
    const method = message.readInt32BE(HEADER);
    if (!METHODS.has(method)) {
      throw new Error(
        `the server asks for authentication method ${method}; pg knows passwords (cleartext, MD5, SCRAM)`,
      );
    }
    const malformed =
      message.length !== (SIZES.get(method) ?? message.length) || (method === SASL && !isListOfTexts(message, 9));
    if (malformed || this.#authenticated) throw new WireError('a malformed request for authentication');
    if (method === SASL) this.#proving = true;
    else if (method === SASL_FINAL) this.#proving = false;
    else if (method === 0) {
      if (this.#proving) throw new WireError('the server accepted the password without the proof that it knows it');
      this.#authenticated = true;
    }
  }

  #listener(): BackendHandler {
    return {
      rowCeiling: 0,
      completed: refuse,
      parameterDescription: refuse,
      rowDescription: refuse,
      dataRow: refuse,
      rowSkipped: refuse,
      commandComplete: refuse,
      copyResponse: refuse,
      copyData: refuse,
      notification: refuse,
      error: () => {},
      notice: () => {},
      parameterStatus: () => {},
      readyForQuery: () => {
        if (!this.#authenticated) throw new WireError('a session without authentication');
        this.#ready = true;
      },
    };
  }
}

function refuse(): never {
  throw new WireError('a message that has no place in the handshake');
}

/** Zero-terminated texts up to an empty one, which is the end. */
function isListOfTexts(message: Buffer, from: number): boolean {
  let at = from;
  for (let zero = message.indexOf(0, at); zero > at; zero = message.indexOf(0, at)) at = zero + 1;
  return at === message.length - 1 && message[at] === 0;
}

/** Before pg connects: between its stream, encrypted or not, and its parser stands the tap. */
export function watchHandshake(wire: PgWire): HandshakeTap {
  const tap = new HandshakeTap();
  const attach = wire.attachListeners.bind(wire);
  wire.attachListeners = (stream) => {
    attach(stream);
    const parsers = stream.listeners('data') as ((messages: Buffer) => void)[];
    stream.removeAllListeners('data');
    stream.on('data', (chunk: Buffer) => {
      try {
        const messages = tap.push(chunk);
        if (messages.length > 0) for (const parse of parsers) parse(messages);
      } catch (error) {
        // pg hears it as the error of its socket, and gives up.
        stream.destroy(error as Error);
      }
    });
  };
  return tap;
}

/**
 * The socket of a connected client, nobody reading from it. pg's listeners for its errors and its end stay: they touch no
 * byte, and under TLS they cannot be told from Node's own.
 */
export function takeSocket(client: PgClient): Socket {
  const { stream } = client.internals.connection;
  stream.pause();
  stream.removeAllListeners('data');
  return stream;
}
