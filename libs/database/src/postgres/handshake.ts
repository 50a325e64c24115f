// pg makes the session (TCP, TLS, SCRAM, startup); then its socket is taken over. What the server sent behind the first
// ReadyForQuery belongs to the new reader, so the stream is watched from its first byte.
import type { Socket } from 'node:net';
import type { PgClient, PgWire } from './pg-internals.js';

const READY = 0x5a;
const HEADER = 5;

/** Follows the messages up to the first ReadyForQuery and keeps what comes behind it. */
export class HandshakeTap {
  #bytes: Buffer = Buffer.alloc(0);
  #ready = false;

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    let at = 0;
    while (!this.#ready && this.#bytes.length - at >= HEADER) {
      const next = at + 1 + this.#bytes.readUInt32BE(at + 1);
      if (next > this.#bytes.length) break;
      this.#ready = this.#bytes[at] === READY;
      at = next;
    }
    this.#bytes = this.#bytes.subarray(at);
  }

  /** What came behind ReadyForQuery. */
  get rest(): Buffer {
    return this.#bytes;
  }
}

/** Before pg connects: its stream, encrypted or not, is watched before pg itself listens. */
export function watchHandshake(wire: PgWire): HandshakeTap {
  const tap = new HandshakeTap();
  const attach = wire.attachListeners.bind(wire);
  wire.attachListeners = (stream) => {
    stream.on('data', (chunk: Buffer) => tap.push(chunk));
    attach(stream);
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
