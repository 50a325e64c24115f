// Reads JSON (RFC 8259) and says line and column of the first fault. `JSON.parse` says neither on Node 20, quotes the
// text around it (a password, perhaps) and drops the first of two equal keys in silence.
// It must not repeat one character of the text in its reasons, except a doubled key.

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids exactly these inside a string
const CHARACTERS = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const WORDS = { true: true, false: false, null: null } as const;
const MAX_DEPTH = 100;

/** Thrown by `readJson`. `line` and `column` count from 1; a column is a UTF-16 unit, as in editors. */
export class JsonFault extends Error {
  readonly line: number;
  readonly column: number;

  constructor(text: string, offset: number, reason: string) {
    super(reason);
    const before = text.slice(0, offset);
    this.line = before.split('\n').length;
    this.column = offset - before.lastIndexOf('\n');
  }
}

class JsonReader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value(0);
    if (this.#at < this.#text.length) this.#fail('expected nothing more after the document');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH}`);
    this.#match(SPACE);
    const value = this.#bareValue(depth);
    this.#match(SPACE);
    return value;
  }

  #bareValue(depth: number): unknown {
    if (this.#take('{')) return this.#object(depth);
    if (this.#take('[')) return this.#array(depth);
    if (this.#text[this.#at] === '"') return this.#string();
    for (const [word, value] of Object.entries(WORDS)) if (this.#take(word)) return value;
    const number = this.#match(NUMBER);
    return number === '' ? this.#fail('expected a value') : Number(number);
  }

  #object(depth: number): unknown {
    // No prototype: `__proto__` is a key like any other here.
    const object: Record<string, unknown> = Object.create(null);
    this.#match(SPACE);
    if (this.#take('}')) return object;
    do {
      this.#match(SPACE);
      const start = this.#at;
      if (this.#text[start] !== '"') this.#fail('expected a key in double quotes');
      const key = this.#string();
      if (key in object) this.#fail(`the key ${JSON.stringify(key)} stands here for the second time`, start);
      this.#match(SPACE);
      if (!this.#take(':')) this.#fail('expected a colon');
      object[key] = this.#value(depth + 1);
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('expected a comma or a closing brace');
    return object;
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#match(SPACE);
    if (this.#take(']')) return array;
    do array.push(this.#value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail('expected a comma or a closing bracket');
    return array;
  }

  #string(): string {
    const start = this.#at++;
    this.#match(CHARACTERS);
    if (!this.#take('"')) {
      this.#fail(
        this.#text[this.#at] === '\\' ? 'unknown escape in a string' : 'expected the closing quote of a string',
      );
    }
    const text: string = JSON.parse(this.#text.slice(start, this.#at));
    return text;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #fail(reason: string, offset = this.#at): never {
    throw new JsonFault(this.#text, offset, reason);
  }
}

/** The value of a JSON text; objects have no prototype. A byte order mark is accepted. Throws `JsonFault`. */
export function readJson(text: string): unknown {
  return new JsonReader(text.replace(/^\uFEFF/, '')).document();
}
