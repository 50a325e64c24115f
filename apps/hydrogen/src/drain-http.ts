// Ends an HTTP server so that requests being served end well, and nobody else holds it open.
// Node's own close() waits for kept-alive connections as long as their clients keep asking and for half a request for
// ever, and cuts an answer that was given to the socket but not sent yet. Must not decide when.
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** From its call on: each connection is closed behind the answer it is giving, the others at once, all after `withinMs`. */
export type DrainHttp = (withinMs: number) => void;

/** To be called before the server listens. The server's own `close()` has to follow the drain. */
export function drainHttp(server: Server): DrainHttp {
  const answers = new Map<Socket, Set<ServerResponse>>();
  let draining = false;

  server.on('connection', (socket: Socket) => {
    answers.set(socket, new Set());
    socket.once('close', () => answers.delete(socket));
  });
  server.prependListener('request', ({ socket }, answer) => {
    const own = answers.get(socket);
    own?.add(answer);
    if (draining) answer.shouldKeepAlive = false;
    answer.once('close', () => {
      own?.delete(answer);
      if (draining && own?.size === 0) socket.end();
    });
  });
  server.closeIdleConnections = () => {
    for (const [socket, own] of answers) if (own.size === 0) socket.destroy();
  };

  return (withinMs) => {
    draining = true;
    for (const own of answers.values()) for (const answer of own) answer.shouldKeepAlive = false;
    setTimeout(() => server.closeAllConnections(), withinMs).unref();
  };
}
