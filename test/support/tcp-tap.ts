// A TCP proxy that changes nothing and remembers what clients sent: the proof of what an eavesdropper could have read.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface TcpTap {
  readonly host: string;
  readonly port: number;
  /** What each client connection has sent so far, in the order of the connections. */
  readonly sent: readonly Buffer[];
  close(): Promise<void>;
}

export async function startTap(target: { host: string; port: number }): Promise<TcpTap> {
  const sent: Buffer[] = [];
  const sockets = new Set<Socket>();
  const tap = createServer((client) => {
    const index = sent.push(Buffer.alloc(0)) - 1;
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        (socket === client ? upstream : client).destroySoon();
      });
    }
    client.on('data', (data) => {
      sent[index] = Buffer.concat([sent[index] as Buffer, data]);
      upstream.write(data);
    });
    // The last words of a server come with its FIN: they go through before the end does.
    upstream.on('data', (data) => client.write(data));
    upstream.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve));
  const { port } = tap.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    sent,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        tap.close(() => resolve());
      }),
  };
}
