// A CancelRequest on a socket of its own (PostgreSQL manual 55.2.9). It resolves when the server has closed that socket,
// which it does after the signal is sent: from then on the request can hit nobody any more.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsRequest } from '../connection/connector.js';
import { tlsOptions } from './tls.js';

const CANCEL_REQUEST_CODE = 80877102;
const SSL_REQUEST_CODE = 80877103;

/** What is needed to cancel a session's statement, from any thread. The key is a secret of the session: never printed. */
export interface CancelTarget {
  /** The address really connected to: a name may resolve to another server by now. */
  readonly host: string;
  readonly port: number;
  readonly processId: number;
  readonly secretKey: number;
  readonly tls?: TlsRequest;
  /** The host as configured: what the certificate is checked against. */
  readonly name?: string;
}

/**
 * `closed`: the server has closed the socket, and the request can hit nobody any more. `unsent`: it never got out.
 * `loose`: it got out and was not acknowledged in time; it may still hit whatever runs in that session.
 */
export type CancelOutcome = 'closed' | 'unsent' | 'loose';

/** Never rejects. */
export function sendCancel(target: CancelTarget, budgetMs: number): Promise<CancelOutcome> {
  return new Promise((resolve) => {
    const socket = target.host.startsWith('/')
      ? connectTcp(`${target.host}/.s.PGSQL.${target.port}`)
      : connectTcp(target.port, target.host);
    let outcome: CancelOutcome = 'unsent';
    const request = (stream: Socket): void => {
      outcome = 'loose';
      stream.write(cancelRequest(target));
    };
    const timer = setTimeout(() => socket.destroy(), budgetMs);
    const watch = (stream: Socket): void => {
      stream.on('error', () => stream.destroy());
      stream.on('end', () => {
        if (outcome === 'loose') outcome = 'closed';
      });
      stream.on('close', () => {
        clearTimeout(timer);
        socket.destroy();
        resolve(outcome);
      });
    };
    watch(socket);
    socket.once('connect', () => {
      const { tls } = target;
      if (!tls) return request(socket);
      socket.write(words(8, SSL_REQUEST_CODE));
      socket.once('data', (answer) => {
        if (answer.toString('latin1') !== 'S') return void socket.destroy();
        const secure = connectTls({ ...tlsOptions(tls, target.name ?? target.host), socket });
        watch(secure);
        secure.once('secureConnect', () => request(secure));
        // The server closes without a close_notify at times; whatever it says is of no interest.
        secure.resume();
      });
    });
    if (!target.tls) socket.resume();
  });
}

function cancelRequest(target: CancelTarget): Buffer {
  return words(16, CANCEL_REQUEST_CODE, target.processId, target.secretKey);
}

function words(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => buffer.writeInt32BE(value | 0, index * 4));
  return buffer;
}
