// What a connection and its statements share on the main thread: their number, the way to the worker, and the requests that
// are answered by a promise. It settles each of them once.
import { deferred, type Deferred } from '../connection/deferred.js';
import type { DatabaseError } from '../errors/database.error.js';
import { nextId, type ToWorker } from './messages.js';
import type { RequestSender } from './request-sender.js';

export class RemoteChannel {
  readonly #requests = new Map<number, Deferred<void>>();
  #nextId = 1;
  lost: DatabaseError | undefined;

  constructor(
    /** What the connection is called on both sides. */
    readonly connection: number,
    readonly sender: RequestSender,
  ) {}

  takeId(): number {
    const id = this.#nextId;
    this.#nextId = nextId(id);
    return id;
  }

  /** @param signal cuts the request short in the worker; it is answered all the same */
  async ask(message: (id: number) => ToWorker, signal?: AbortSignal): Promise<void> {
    if (this.lost) throw this.lost;
    const id = this.takeId();
    const request = deferred<void>();
    this.#requests.set(id, request);
    this.sender.item(message(id));
    if (!signal) return request.promise;
    const abort = (): void => {
      if (!this.lost) this.sender.item({ kind: 'abort', connection: this.connection, id });
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await request.promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  done(id: number): void {
    this.#take(id)?.resolve();
  }

  failed(id: number, error: DatabaseError): void {
    this.#take(id)?.reject(error);
  }

  /** Nothing will be answered any more. */
  lose(error: DatabaseError): void {
    this.lost = error;
    for (const request of this.#requests.values()) request.reject(error);
    this.#requests.clear();
  }

  #take(id: number): Deferred<void> | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }
}
