// A text that no log, dump, error or clone can show: only `reveal()` gives it.
// It must not compare, count or cut the text in public: even the length is nobody's business.
import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * Holds a password, a key or a connection string. Prints `[secret]` as text, in a template, in JSON and under
 * `util.inspect` (also with `showHidden`); a structured clone of it is an empty object.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The text itself. Call it at the moment of use and let the result go at once. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
