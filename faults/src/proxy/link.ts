// One client's connection and the proxy's to the server, with every toxic between them.
// A link that lost bytes stays silent for good: TCP never goes on behind a hole, and a client must not see that it did.
import type { Socket } from 'node:net';
import { Framing } from './framing.js';
import { Outlet } from './outlet.js';
import type { Direction, Piece, Stage, Toxic, ToxicLink } from './toxic.js';

const SSL_REQUEST = 80_877_103;

export class Link implements ToxicLink {
  readonly client: Socket;
  readonly server: Socket;
  readonly #toxics: () => Iterable<Toxic>;
  readonly #stages = new Map<Toxic, { [direction in Direction]?: Stage | undefined }>();
  readonly #framing = new Framing();
  readonly #toClient: Outlet;
  readonly #toServer: Outlet;
  #asksForTls = false;
  #lost = false;
  #holds = 0;

  constructor(client: Socket, server: Socket, toxics: () => Iterable<Toxic>, closed: () => void) {
    this.client = client;
    this.server = server;
    this.#toxics = toxics;
    this.#toClient = new Outlet(server, client);
    this.#toServer = new Outlet(client, server);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', (failed) => {
        if (client.destroyed && server.destroyed) {
          this.#toClient.close();
          this.#toServer.close();
          closed();
          return;
        }
        // What a black hole swallows is the end as well: the far side hears nothing of it.
        if (failed && !this.#lost && this.#holds === 0) other.resetAndDestroy();
      });
    }
    client.on('data', (bytes: Buffer) => this.#take('to-server', bytes));
    server.on('data', (bytes: Buffer) => this.#take('to-client', bytes));
    client.on('end', () => {
      if (!this.#lost) this.#toServer.finish();
    });
    server.on('end', () => {
      if (!this.#lost) this.#toClient.finish();
    });
    for (const toxic of toxics()) toxic.attach?.(this);
  }

  get openMessageBytes(): number {
    return this.#framing.openBytes;
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  resetClient(): void {
    this.lose();
    this.client.resetAndDestroy();
  }

  finishClient(): void {
    this.#toClient.finish();
  }

  lose(): void {
    this.#lost = true;
  }

  /** Both sides end without a word to toxics. */
  abandon(): void {
    this.#toClient.close();
    this.#toServer.close();
    this.client.destroy();
    this.server.destroy();
  }

  get lost(): boolean {
    return this.#lost;
  }

  hold(until: Promise<void>): void {
    this.#holds += 1;
    this.client.pause();
    this.server.pause();
    void until.then(() => {
      this.#holds -= 1;
      if (this.#holds > 0 || this.#lost) return;
      this.client.resume();
      this.server.resume();
      // Who closed meanwhile is heard of now.
      if (this.client.destroyed || this.server.destroyed) this.reset();
    });
  }

  forward(bytes: Buffer): void {
    if (!this.server.destroyed) this.server.write(bytes);
  }

  #take(direction: Direction, bytes: Buffer): void {
    if (this.#lost) return;
    let pieces: readonly Piece[] = [{ bytes, delayMs: 0 }];
    for (const toxic of this.#toxics()) {
      const stage = this.#stageOf(toxic, direction);
      if (stage) pieces = pieces.flatMap((piece) => stage(piece));
      if (this.#lost) return;
    }
    if (direction === 'to-server') {
      this.#asksForTls ||= bytes.length === 8 && bytes.readInt32BE(4) === SSL_REQUEST;
      this.#toServer.send(pieces);
      return;
    }
    if (this.#asksForTls) this.#tlsAnswer(bytes);
    else this.#framing.see(bytes);
    this.#toClient.send(pieces);
  }

  #tlsAnswer(bytes: Buffer): void {
    this.#asksForTls = false;
    if (bytes[0] === 0x53) this.#framing.turnOff();
    else this.#framing.see(bytes.subarray(1));
  }

  #stageOf(toxic: Toxic, direction: Direction): Stage | undefined {
    let stages = this.#stages.get(toxic);
    if (!stages) this.#stages.set(toxic, (stages = {}));
    if (!(direction in stages)) stages[direction] = toxic.stage?.(direction, this);
    return stages[direction];
  }
}
