// Where COPY data come from: a Node stream or anything that is iterated. It is the COPY's from the moment it is given: it is
// closed on every path, and an error of a stream that nobody reads yet does not end the process.
import { Readable } from 'node:stream';
import { databaseError } from '../errors/database.error.js';

export type CopySource = Readable | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

export class CopyReader {
  readonly #source: CopySource;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  #over = false;

  /** @throws DB_PARAMETERS for what cannot be iterated */
  constructor(source: CopySource) {
    this.#source = source;
    if (source instanceof Readable) source.on('error', () => {});
    const value = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
    if (typeof source === 'string' || !(value?.[Symbol.asyncIterator] ?? value?.[Symbol.iterator])) {
      const message = 'copyFrom: the source must be a Readable or an iterable of Uint8Array or string';
      throw databaseError({ code: 'DB_PARAMETERS', message });
    }
  }

  /** The next piece; undefined at the end. @throws what the source throws */
  async next(): Promise<Uint8Array | undefined> {
    this.#iterator ??= iteratorOf(this.#source);
    const { value, done } = await this.#iterator.next();
    if (done === true) {
      this.#over = true;
      return undefined;
    }
    if (typeof value === 'string') return Buffer.from(value);
    if (value instanceof Uint8Array) return value;
    const message = `copyFrom: the source gave ${value === null ? 'null' : `a ${typeof value}`}, not Uint8Array or string`;
    throw databaseError({ code: 'DB_PARAMETERS', message });
  }

  /** No more is wanted. Never throws, and does not wait. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#source instanceof Readable) this.#source.destroy();
    else void Promise.resolve(this.#iterator?.return?.()).catch(() => {});
  }
}

function iteratorOf(source: CopySource): AsyncIterator<unknown> | Iterator<unknown> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}
