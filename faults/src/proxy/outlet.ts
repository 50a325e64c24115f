// One direction of a link: pieces go out in their order, each when it is due, no faster than the far side takes them.
import type { Socket } from 'node:net';
import type { Piece } from './toxic.js';

export class Outlet {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: { readonly bytes: Buffer | 'fin'; readonly due: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    to.on('drain', () => from.resume());
  }

  send(pieces: readonly Piece[]): void {
    for (const { bytes, delayMs } of pieces) this.#add(bytes, delayMs);
    this.#flush();
  }

  finish(): void {
    this.#add('fin', 0);
    this.#flush();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #add(bytes: Buffer | 'fin', delayMs: number): void {
    const before = this.#queue.at(-1)?.due ?? 0;
    this.#queue.push({ bytes, due: Math.max(before, performance.now() + delayMs) });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      const wait = first.due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#flush(), Math.ceil(wait));
        return;
      }
      this.#queue.shift();
      if (first.bytes === 'fin') this.#to.end();
      else if (!this.#to.write(first.bytes)) this.#from.pause();
    }
  }
}
