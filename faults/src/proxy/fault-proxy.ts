// A TCP proxy in this process in front of a server: a network and a sick server that break on command.
// What breaks is said by toxics, which can be laid over each other; what happens at once (reset, finish) are methods.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Link } from './link.js';
import type { Toxic } from './toxic.js';

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

export class FaultProxy {
  readonly host: string;
  #target: ProxyTarget;
  readonly #links = new Set<Link>();
  /** Accepted by nobody's server. */
  readonly #mute = new Set<Socket>();
  readonly #toxics = new Set<Toxic>();
  #server: Server | undefined;
  #port = 0;
  #accepted = 0;

  private constructor(target: ProxyTarget, host: string) {
    this.#target = target;
    this.host = host;
  }

  static async start(target: ProxyTarget, host = '127.0.0.1'): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, host);
    await proxy.listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that clients have made since the start, those that were reset at the door included. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Links that are open now. */
  get open(): number {
    return this.#links.size;
  }

  /** Lays it over what is there already. */
  add<T extends Toxic>(toxic: T): T {
    this.#toxics.add(toxic);
    for (const link of this.#links) toxic.attach?.(link);
    return toxic;
  }

  remove(toxic: Toxic): void {
    if (this.#toxics.delete(toxic)) toxic.removed?.();
  }

  /** Takes every toxic away and listens again. Links that lost bytes are the network's now: their server side ends. */
  async heal(): Promise<void> {
    for (const toxic of this.#toxics) this.remove(toxic);
    for (const link of this.#links) {
      if (!link.lost) continue;
      link.server.destroy();
      if (link.client.destroyed) this.#links.delete(link);
    }
    await this.listen();
  }

  /** RST to both sides of every link. */
  resetAll(): void {
    for (const link of this.#links) link.reset();
    for (const socket of this.#mute) socket.resetAndDestroy();
    this.#links.clear();
  }

  /** FIN to every client; what it still sends arrives. */
  finishAll(): void {
    for (const link of this.#links) link.finishClient();
  }

  /** Who connects from now on reaches another server: a failover behind one address. Links stay. */
  redirect(target: ProxyTarget): void {
    this.#target = target;
  }

  /** Nobody listens any more: connects are refused. Links stay. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) server.close();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Listens again on the same port. */
  async listen(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, this.host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Ends everything: listener, links, timers of links. Safe to repeat. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const toxic of this.#toxics) this.remove(toxic);
    for (const link of this.#links) link.abandon();
    for (const socket of this.#mute) socket.destroy();
    this.#links.clear();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const accept = [...this.#toxics].map((toxic) => toxic.accept).find((wish) => wish !== undefined);
    if (accept === 'reset') return void client.resetAndDestroy();
    if (accept === 'mute') {
      this.#mute.add(client);
      client.on('error', () => {}).on('data', () => {});
      client.on('close', () => this.#mute.delete(client));
      client.on('end', () => client.end());
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const link: Link = new Link(
      client,
      server,
      () => this.#toxics,
      () => this.#links.delete(link),
    );
    this.#links.add(link);
  }
}
