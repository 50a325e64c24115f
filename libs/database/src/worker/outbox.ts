// What one thread says to the other in one tick, in order, as one message: a message costs 2 to 7 µs however small it is
// (measured, docs/adr/0002). Frames are written into `bytes`; objects stand between packets of them.
import { ByteWriter } from './byte-writer.js';
import type { Packet, Port } from './messages.js';

export class Outbox<Item extends { readonly kind: string }> {
  readonly bytes = new ByteWriter();
  readonly #port: Port;
  readonly #schedule: (flush: () => void) => void;
  readonly #flush = (): void => this.flush();
  #items: (Item | Packet)[] = [];
  #transfer: ArrayBuffer[] = [];
  /** Where the frames begin that are in no packet yet. */
  #from = 0;
  #scheduled = false;
  /** Has a last word before a message goes. */
  beforeFlush: () => void = () => {};

  /** @param schedule calls back once, at the end of the tick */
  constructor(port: Port, schedule: (flush: () => void) => void) {
    this.#port = port;
    this.#schedule = schedule;
  }

  /** There is something to send. Called for frames by whoever wrote one. */
  touch(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(this.#flush);
  }

  item(item: Item, transfer?: ArrayBuffer): void {
    this.#close();
    this.#items.push(item);
    if (transfer) this.#transfer.push(transfer);
    this.touch();
  }

  flush(): void {
    this.beforeFlush();
    this.#scheduled = false;
    this.#close();
    const items = this.#items;
    const transfer = this.#transfer;
    this.bytes.clear();
    this.#from = 0;
    if (items.length === 0) return;
    this.#items = [];
    this.#transfer = [];
    // The packet alone, which is the common case, needs no array around it.
    this.#port.postMessage(items.length === 1 ? items[0] : items, transfer);
  }

  /** Frames written so far become a packet. */
  #close(): void {
    const { at } = this.bytes;
    if (at === this.#from) return;
    const packet = this.bytes.copy(this.#from, at);
    this.#from = at;
    this.#items.push(packet);
    this.#transfer.push(packet);
  }
}

/** Takes one message apart. */
export function unpack<Item extends { readonly kind: string }>(
  message: Item | Packet | readonly (Item | Packet)[],
  onPacket: (packet: Packet) => void,
  onItem: (item: Item) => void,
): void {
  const items = Array.isArray(message) ? (message as readonly (Item | Packet)[]) : [message as Item | Packet];
  for (const item of items) {
    if ('kind' in item) onItem(item);
    else onPacket(item);
  }
}
