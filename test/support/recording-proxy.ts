// A TCP proxy for one connection that changes nothing and keeps what the server says, to be played again later.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface RecordingProxy {
  readonly host: string;
  readonly port: number;
  /** What the server has said since the last call. */
  take(): Buffer;
  close(): Promise<void>;
}

export async function startRecorder(target: { host: string; port: number }): Promise<RecordingProxy> {
  let said: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream);
    upstream.on('data', (bytes: Buffer) => {
      said.push(bytes);
      client.write(bytes);
    });
    upstream.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    take: () => {
      const all = Buffer.concat(said);
      said = [];
      return all;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
