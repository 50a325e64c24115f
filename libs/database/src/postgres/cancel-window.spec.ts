// The time in which a CancelRequest may hit somebody, with real sockets to a server of this test's own: when a request is
// sent, when it is not, and when the window closes.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deferred } from '../connection/deferred.js';
import { CancelWindow, type CancelOwner } from './cancel-window.js';
import type { StatementExchange } from './statement-exchange.js';

/** What the window sees of an exchange: that it is one, and whether it has been settled. */
const exchange = (name: string): StatementExchange => ({ name, settled: false }) as unknown as StatementExchange;

let server: Server;
let port: number;
/** Each CancelRequest, with its socket open. */
let requests: Socket[];
let requested: () => void;

beforeEach(async () => {
  requests = [];
  requested = () => {};
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      requests.push(socket);
      requested();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const socket of requests) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const request = async (count: number): Promise<Socket> => {
  while (requests.length < count) await new Promise<void>((resolve) => (requested = resolve));
  return requests[count - 1] as Socket;
};
const turns = async (): Promise<void> => {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
};

function owner(current: StatementExchange | undefined) {
  const closed: (readonly StatementExchange[])[] = [];
  const destroyed = deferred<void>();
  const self = {
    current: current as unknown,
    gone: false as boolean,
    closed,
    destroyed: destroyed.promise,
    get cancelTarget() {
      return { host: '127.0.0.1', port, processId: 1, secretKey: 2 };
    },
    async destroy() {
      self.gone = true;
      destroyed.resolve();
    },
    windowClosed: (answered: readonly StatementExchange[]) => void closed.push(answered),
  } satisfies CancelOwner & Record<string, unknown>;
  return self;
}

describe('a cancel', () => {
  it('keeps the window open until it was answered and its socket has been closed', async () => {
    const doomed = exchange('doomed');
    const self = owner(doomed);
    const window = new CancelWindow(self);
    const done = window.add(doomed);
    expect(window.open).toBe(true);
    const socket = await request(1);
    self.current = undefined;
    expect(window.ready(doomed)).toBe(true);
    expect(window.waiting).toBe(1);
    await turns();
    expect(self.closed).toEqual([]);
    socket.end();
    await done;
    expect(self.closed).toEqual([[doomed]]);
    expect(window.open).toBe(false);
    expect(requests).toHaveLength(1);
  });

  it('of one behind others waits until it is its turn', async () => {
    const [first, doomed] = [exchange('first'), exchange('doomed')];
    const self = owner(first);
    const window = new CancelWindow(self);
    const done = window.add(doomed);
    await turns();
    expect(requests).toEqual([]);
    expect(window.ready(first)).toBe(false);
    self.current = doomed;
    (await request(1)).end();
    self.current = undefined;
    expect(window.ready(doomed)).toBe(true);
    await done;
  });

  it('of one that ends before its turn is never sent', async () => {
    const [first, doomed] = [exchange('first'), exchange('doomed')];
    const self = owner(first);
    const window = new CancelWindow(self);
    const done = window.add(doomed);
    self.current = undefined;
    window.ready(first);
    window.ready(doomed);
    await done;
    expect(requests).toEqual([]);
    expect(self.closed).toEqual([[doomed]]);
  });

  it('is sent again when the server was idle as it came', async () => {
    const doomed = exchange('doomed');
    const self = owner(doomed);
    const window = new CancelWindow(self);
    const done = window.add(doomed);
    (await request(1)).end();
    (await request(2)).end();
    self.current = undefined;
    window.ready(doomed);
    await done;
    expect(self.closed).toHaveLength(1);
  });

  it('that is not acknowledged ends the connection: it may hit anybody later', async () => {
    const doomed = exchange('doomed');
    const self = owner(doomed);
    const window = new CancelWindow(self);
    const done = window.add(doomed);
    await request(1);
    await self.destroyed;
    await done;
    expect(self.closed).toEqual([[]]);
  });

  it('of several opens one window for all', async () => {
    const [first, second] = [exchange('first'), exchange('second')];
    const self = owner(first);
    const window = new CancelWindow(self);
    const all = [window.add(first), window.add(second), window.add(first)];
    (await request(1)).end();
    self.current = second;
    window.ready(first);
    void window.add(first);
    (await request(2)).end();
    self.current = undefined;
    window.ready(second);
    await Promise.all(all);
    expect(self.closed).toEqual([[first, second]]);
  });

  it('ends with the connection, and opens anew for the next', async () => {
    const doomed = exchange('doomed');
    const self = owner(exchange('another'));
    const window = new CancelWindow(self);
    const done = window.add(doomed);
    self.gone = true;
    window.wake();
    await done;
    expect(window.open).toBe(false);
    expect(window.ready(doomed)).toBe(false);
  });
});
