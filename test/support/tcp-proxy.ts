// A TCP proxy in front of a server that can be told to misbehave: the faults a network and a sick server really have.
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

export type Mode = 'pass' | 'black-hole' | 'refuse' | 'nonsense' | 'late-cancel';

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /**
   * pass; black-hole (nothing comes through any more, nothing is closed); refuse (new connections are reset);
   * nonsense (the next bytes to the client are a message that no server may send); late-cancel (a CancelRequest arrives
   * CANCEL_DELAY_MS later, whether its sender still waits or not).
   */
  set(mode: Mode): void;
  /** Resets every connection now (RST). */
  resetAll(): void;
  close(): Promise<void>;
}

/** A DataRow of 65,535 fields and no bytes: node-postgres' parser throws on it, outside of anybody's promise. */
const NONSENSE = Buffer.from([0x44, 0, 0, 0, 6, 0xff, 0xff]);

export const CANCEL_DELAY_MS = 2_500;

const isCancelRequest = (data: Buffer): boolean => data.length === 16 && data.readInt32BE(4) === 80_877_102;

export async function startProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let mode: Mode = 'pass';
  const pairs = new Set<readonly [Socket, Socket]>();
  const server: Server = createServer((client) => {
    if (mode === 'refuse') return void client.resetAndDestroy();
    const upstream = connect(target.port, target.host);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        if (mode !== 'black-hole') for (const each of pair) each.destroy();
      });
    }
    client.on('data', (data) => {
      if (mode === 'black-hole') return;
      if (mode === 'late-cancel' && isCancelRequest(data))
        setTimeout(() => connect(target.port, target.host).end(data), CANCEL_DELAY_MS);
      else upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (mode === 'black-hole') return;
      client.write(mode === 'nonsense' ? NONSENSE : data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const destroyAll = (act: (socket: Socket) => unknown): void => {
    for (const pair of pairs) for (const socket of pair) act(socket);
  };
  return {
    host: '127.0.0.1',
    port,
    set: (next) => void (mode = next),
    resetAll: () => destroyAll((socket) => socket.resetAndDestroy()),
    close: () =>
      new Promise((resolve) => {
        destroyAll((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
}
