// The text form of arrays: `{1,NULL,"a \"b\""}`, nested `{{1,2},{3,4}}`, with bounds `[2:3]={1,2}`. Bounds are dropped,
// for JavaScript's arrays begin at 0. One pass, no backtracking, and a depth no server goes beyond.
import { malformed } from './malformed.js';

/** The server allows six dimensions (MAXDIM). */
const MOST_DIMENSIONS = 6;

/** A reader of arrays whose elements `element` reads. `delimiter` is `,` for every type but box, which has `;`. */
export function arrayReader(type: string, element: (text: string) => unknown, delimiter = ',') {
  return (text: string): unknown[] => {
    const start = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
    const parser = new ArrayText(text, start, type, element, delimiter);
    return parser.whole();
  };
}

class ArrayText {
  constructor(
    private readonly text: string,
    private at: number,
    private readonly type: string,
    private readonly element: (text: string) => unknown,
    private readonly delimiter: string,
  ) {}

  whole(): unknown[] {
    const array = this.array(1);
    if (this.at !== this.text.length) this.refuse();
    return array;
  }

  private array(depth: number): unknown[] {
    if (depth > MOST_DIMENSIONS || this.text[this.at] !== '{') this.refuse();
    this.at++;
    const values: unknown[] = [];
    if (this.text[this.at] === '}') {
      this.at++;
      return values;
    }
    for (;;) {
      values.push(this.item(depth));
      const next = this.text[this.at++];
      if (next === '}') return values;
      if (next !== this.delimiter) this.refuse();
    }
  }

  private item(depth: number): unknown {
    const first = this.text[this.at];
    if (first === '{') return this.array(depth + 1);
    if (first === '"') return this.element(this.quoted());
    const word = this.word();
    return word === 'NULL' ? null : this.element(word);
  }

  /** An element without quotes holds no quote, brace, backslash or delimiter: the server would have quoted it. */
  private word(): string {
    const start = this.at;
    const { text, delimiter } = this;
    let char = text[this.at];
    while (char !== undefined && char !== delimiter && char !== '}') char = text[++this.at];
    if (this.at === start) this.refuse();
    return text.slice(start, this.at);
  }

  private quoted(): string {
    const { text } = this;
    let value = '';
    let start = ++this.at;
    for (;;) {
      const char = text[this.at];
      if (char === undefined) this.refuse();
      if (char === '"') {
        value += text.slice(start, this.at++);
        return value;
      }
      if (char === '\\') {
        value += text.slice(start, this.at++);
        start = this.at;
      }
      this.at++;
    }
  }

  private refuse(): never {
    return malformed(this.type, 'is no text of an array');
  }
}
