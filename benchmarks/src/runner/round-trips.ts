// A TCP proxy that counts round trips: each time a client speaks after the server has spoken is one. It keeps every byte.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

export interface CountingProxy {
  /** The server's URL, but through the proxy. */
  readonly url: string;
  trips(): number;
  close(): Promise<void>;
}

export async function startCountingProxy(serverUrl: string): Promise<CountingProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let trips = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 5432), noDelay: true });
    let serverSpoke = true;
    client.on('data', () => {
      if (serverSpoke) trips++;
      serverSpoke = false;
    });
    upstream.on('data', () => {
      serverSpoke = true;
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // Either end's loss is the loss of both; what a client makes of it is not the proxy's business.
      socket
        .on('error', () => {})
        .on('close', () => {
          client.destroy();
          upstream.destroy();
          sockets.delete(socket);
        });
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    trips: () => trips,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
