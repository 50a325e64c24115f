// The two ends of a thread border without a thread: a test plays the one side, what it tests stands on the other. Messages
// really are cloned and their memory given away, so what could not cross fails here as well.
import { AnswerReader } from '../src/worker/answer-reader.js';
import { AnswerSender } from '../src/worker/answer-sender.js';
import type { FromWorker, Packet, ToWorker } from '../src/worker/messages.js';
import { Outbox, unpack } from '../src/worker/outbox.js';
import { RequestReader, type RequestHandler } from '../src/worker/request-reader.js';
import { RequestSender } from '../src/worker/request-sender.js';

type Message<Item> = Item | Packet | readonly (Item | Packet)[];

/** An outbox whose ticks end when the test says so; what it sends is cloned into `onMessage`. */
function pipe<Item extends { readonly kind: string }>(onMessage: (message: Message<Item>) => void): Outbox<Item> {
  return new Outbox<Item>(
    { postMessage: (message, transfer) => onMessage(structuredClone(message, { transfer }) as Message<Item>) },
    () => {},
  );
}

/** One thing that was said, frame or item. */
export interface Said {
  readonly kind: string;
  readonly connection?: number;
  readonly id?: number;
  readonly [field: string]: unknown;
}

/** The worker's side, played by a test: hears what the main thread asks, and answers. */
export class WorkerEnd {
  readonly #asked: Said[] = [];
  readonly #toMain: Outbox<FromWorker>;
  readonly #toWorker: Outbox<ToWorker>;
  readonly answers: AnswerSender;
  readonly requests: RequestSender;
  messages = 0;

  constructor(onPacket: (packet: Packet) => void, onItem: (item: FromWorker) => void) {
    const record =
      (kind: keyof RequestHandler) =>
      (connection: number, id: number, ...rest: unknown[]) =>
        void this.#asked.push({ kind, connection, id, rest });
    const reader = new RequestReader({
      execute: (connection, id, statement, options) =>
        void this.#asked.push({ kind: 'execute', connection, id, statement, options }),
      batch: (connection, id, parts, limits) => void this.#asked.push({ kind: 'batch', connection, id, parts, limits }),
      credit: (connection, id, chunks) => void this.#asked.push({ kind: 'credit', connection, id, chunks }),
      fetch: record('fetch'),
      finish: record('finish'),
      copyData: (connection, id, bytes) =>
        void this.#asked.push({ kind: 'copyData', connection, id, text: Buffer.from(bytes).toString() }),
      copyEnd: record('copyEnd'),
    });
    this.#toWorker = pipe<ToWorker>((message) => {
      this.messages++;
      unpack(
        message,
        (packet) => reader.read(packet),
        (item) => void this.#asked.push(item as unknown as Said),
      );
    });
    this.requests = new RequestSender(this.#toWorker);
    this.#toMain = pipe<FromWorker>((message) => unpack(message, onPacket, onItem));
    this.answers = new AnswerSender(this.#toMain);
  }

  /** What was asked up to now; the tick is over. */
  get asked(): readonly Said[] {
    this.#toWorker.flush();
    return this.#asked;
  }

  forget(): void {
    this.#toWorker.flush();
    this.#asked.length = 0;
  }

  /** The worker's tick is over. */
  tell(answer: (answers: AnswerSender) => void): void {
    answer(this.answers);
    this.#toMain.flush();
  }
}

/** The main thread's side, played by a test: asks, and hears what it is told. */
export class MainEnd {
  readonly #told: Said[] = [];
  readonly #toMain: Outbox<FromWorker>;
  readonly #toWorker: Outbox<ToWorker>;
  readonly requests: RequestSender;
  readonly answers: AnswerSender;

  constructor(handler: (answers: AnswerSender) => RequestHandler & { handle(item: ToWorker): void }) {
    let current = 0;
    const told =
      (kind: string) =>
      (id: number, ...rest: unknown[]) =>
        void this.#told.push({ kind, connection: current, id, ...(rest.length > 0 ? { rest } : {}) });
    const reader = new AnswerReader(
      (connection) => {
        current = connection;
        return {
          chunk: (id, { kind: form, rowCount, data }, shape) => {
            const bytes = Buffer.from(data as Uint8Array);
            this.#told.push({ kind: 'chunk', connection, id, form, rowCount, text: bytes.toString('latin1'), shape });
          },
          ended: (id, end, status) => void this.#told.push({ kind: 'ended', connection, id, end, status }),
          suspended: told('suspended'),
          writable: told('writable'),
          copyTaken: (id, bytes) => void this.#told.push({ kind: 'copyTaken', connection, id, bytes }),
          done: (id, status) => void this.#told.push({ kind: 'done', connection, id, status }),
        };
      },
      (error) => {
        throw error;
      },
    );
    this.#toMain = pipe<FromWorker>((message) =>
      unpack(
        message,
        (packet) => reader.read(packet),
        (item) => (item.kind === 'chunk' ? reader.chunk(item) : void this.#told.push(item as unknown as Said)),
      ),
    );
    this.answers = new AnswerSender(this.#toMain);
    const host = handler(this.answers);
    const requests = new RequestReader(host);
    this.#toWorker = pipe<ToWorker>((message) =>
      unpack(
        message,
        (packet) => requests.read(packet),
        (item) => host.handle(item),
      ),
    );
    this.requests = new RequestSender(this.#toWorker);
  }

  /** What was told up to now; the tick is over. */
  get told(): readonly Said[] {
    this.#toMain.flush();
    return this.#told;
  }

  /** `chunk 5`, `lost`: enough to see the order. */
  get kinds(): readonly string[] {
    return this.told.map(({ kind, id }) => (id === undefined ? kind : `${kind} ${id}`));
  }

  forget(): void {
    this.#toMain.flush();
    this.#told.length = 0;
  }

  /** The main thread's tick is over. */
  ask(request: (requests: RequestSender) => void): void {
    request(this.requests);
    this.#toWorker.flush();
  }
}
