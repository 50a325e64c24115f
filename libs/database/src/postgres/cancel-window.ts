// While a CancelRequest is on its way it may hit whatever runs in its session. This is that time: who is doomed, when the
// request is sent, and when nobody can be hit any more. What waits meanwhile is the connection's business.
import { deferred } from '../connection/deferred.js';
import { sendCancel, type CancelTarget } from './cancel.js';
import type { StatementExchange } from './statement-exchange.js';

/** A cancel is repeated until it is answered: one that overtakes its statement finds the server idle and does nothing. */
const REPEAT_MS = 200;
/** A cancel socket that is not answered is given up after this time. */
const SOCKET_MS = 2_000;

export interface CancelOwner {
  readonly cancelTarget: CancelTarget;
  /** What the server works on. */
  readonly current: unknown;
  readonly gone: boolean;
  /** Ends the connection; settles when it is closed. */
  destroy(): Promise<void>;
  /** Nobody can be hit any more. */
  windowClosed(answered: readonly StatementExchange[]): void;
}

export class CancelWindow {
  readonly #owner: CancelOwner;
  readonly #doomed = new Set<unknown>();
  /** Doomed ones that were answered: they keep their connection until the window closes. */
  #answered: StatementExchange[] = [];
  #open: Promise<void> | undefined;
  #news = deferred<void>();

  constructor(owner: CancelOwner) {
    this.#owner = owner;
  }

  get open(): boolean {
    return this.#open !== undefined;
  }

  /** Answered ones that wait for the end. */
  get waiting(): number {
    return this.#answered.length;
  }

  /** Settles when nobody can be hit any more. */
  add(exchange: StatementExchange): Promise<void> {
    if (!exchange.settled && !this.#answered.includes(exchange)) this.#doomed.add(exchange);
    return (this.#open ??= this.#run());
  }

  /** Something was answered. @returns true when it was doomed: it is settled at the window's end */
  ready(exchange: StatementExchange): boolean {
    if (!this.#open) return false;
    this.wake();
    if (!this.#doomed.delete(exchange)) return false;
    this.#answered.push(exchange);
    return true;
  }

  /** The connection has news: an answer, or its end. */
  wake(): void {
    const news = this.#news;
    this.#news = deferred<void>();
    news.resolve();
  }

  async #run(): Promise<void> {
    const owner = this.#owner;
    while (this.#doomed.size > 0 && !owner.gone) {
      const news = this.#news.promise;
      // Behind others it would hit them: they are answered first, and are plain reads that do not take long.
      if (this.#doomed.has(owner.current)) {
        const outcome = await sendCancel(owner.cancelTarget, SOCKET_MS);
        // It may arrive at any time and stop somebody else's statement: nobody may be behind it.
        if (outcome === 'loose') await owner.destroy();
        else if (this.#doomed.has(owner.current)) await soon(news, REPEAT_MS);
      } else await news;
    }
    const answered = this.#answered;
    this.#answered = [];
    this.#doomed.clear();
    this.#open = undefined;
    owner.windowClosed(answered);
  }
}

async function soon(news: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([news, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms).unref()))]);
  clearTimeout(timer);
}
