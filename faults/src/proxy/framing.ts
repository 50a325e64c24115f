// Where the server's messages begin and end in a stream of bytes. Nothing is held back; it counts.
// It must be told every byte from the first on: a length that is missed is never found again.

const HEADER = 5;

export class Framing {
  /** Of the message that the stream stands in: bytes still to come, 0 at a border. Inside a header: at least 1. */
  #open = 0;
  readonly #header = Buffer.alloc(HEADER);
  #headerBytes = 0;
  #off = false;

  /** The stream is no PostgreSQL protocol from here on (TLS). */
  turnOff(): void {
    this.#off = true;
    this.#open = 0;
  }

  get openBytes(): number {
    return this.#open === 0 && this.#headerBytes > 0 ? HEADER - this.#headerBytes : this.#open;
  }

  see(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#off;) {
      if (this.#open > 0) {
        const step = Math.min(this.#open, bytes.length - at);
        this.#open -= step;
        at += step;
        continue;
      }
      const step = Math.min(HEADER - this.#headerBytes, bytes.length - at);
      bytes.copy(this.#header, this.#headerBytes, at, at + step);
      this.#headerBytes += step;
      at += step;
      if (this.#headerBytes < HEADER) return;
      this.#headerBytes = 0;
      this.#open = Math.max(0, this.#header.readInt32BE(1) - 4);
    }
  }
}

/** Whole messages out of bytes that begin at a border; `rest` is the one that is not complete. */
export function splitMessages(bytes: Buffer): { readonly messages: readonly Buffer[]; readonly rest: Buffer } {
  const messages: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER) {
    const end = at + 1 + Math.max(4, bytes.readInt32BE(at + 1));
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return { messages, rest: bytes.subarray(at) };
}
