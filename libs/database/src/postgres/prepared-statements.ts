// The prepared statements of one session, the least recently used first to go. It knows names and shapes; what is sent
// about them is the exchange's business.
import { resultFormats, TEXT_RESULTS, type TypeMap, type WireField } from '@hydrogen/wire';
import { ResultShape } from './decode.js';

export class PreparedStatement {
  /** How the next execution asks for its columns, and what they then look like. Text until the server has described them. */
  formats: Uint8Array = TEXT_RESULTS;
  shape: ResultShape | undefined;
  /** Of an execution that was sent before the description came. */
  textShape: ResultShape | undefined;
  described = false;
  /** When it was used last, counted in uses. */
  used = 0;

  constructor(
    readonly name: string,
    readonly text: string,
  ) {}

  /** @param fields undefined = the statement returns no rows */
  describe(fields: readonly WireField[] | undefined, types: TypeMap): void {
    this.described = true;
    if (!fields) return;
    this.textShape = new ResultShape(fields, types);
    const preferred = fields.map(({ typeOid }) => types.codecOf(typeOid).preferred);
    this.formats = resultFormats(preferred);
    this.shape =
      this.formats === TEXT_RESULTS
        ? this.textShape
        : new ResultShape(
            fields.map((field, index) => ({ ...field, format: preferred[index] ?? 0 })),
            types,
          );
  }
}

export class PreparedStatements {
  readonly #known = new Map<string, PreparedStatement>();
  readonly #size: number;
  /** Stale ones that the server still has. */
  readonly #garbage: PreparedStatement[] = [];
  #uses = 0;
  #named = 0;

  /** @param size most of them; 0 = none is kept */
  constructor(size: number) {
    this.#size = size;
  }

  get enabled(): boolean {
    return this.#size > 0;
  }

  get count(): number {
    return this.#known.size;
  }

  find(text: string): PreparedStatement | undefined {
    const found = this.#known.get(text);
    if (found) found.used = ++this.#uses;
    return found;
  }

  /** A new one, and the one that has to be closed for it. */
  add(text: string): { readonly added: PreparedStatement; readonly evicted?: PreparedStatement } {
    const added = new PreparedStatement(`h${++this.#named}`, text);
    added.used = ++this.#uses;
    const evicted = this.#known.size < this.#size ? this.#garbage.pop() : this.#leastRecent();
    if (evicted && this.#known.get(evicted.text) === evicted) this.#known.delete(evicted.text);
    this.#known.set(text, added);
    return evicted ? { added, evicted } : { added };
  }

  /** Looked for when one has to go: uses, which are many, then cost no order. */
  #leastRecent(): PreparedStatement | undefined {
    let least: PreparedStatement | undefined;
    for (const each of this.#known.values()) if (!least || each.used < least.used) least = each;
    return least;
  }

  /** It should have been closed for another one, and was not: an error before it skipped that. */
  keep(evicted: PreparedStatement): void {
    this.#garbage.push(evicted);
  }

  /** It is not there, or not what it was. @param exists the server still has it, and it has to be closed some time */
  forget(statement: PreparedStatement, exists: boolean): void {
    if (this.#known.get(statement.text) !== statement) return;
    this.#known.delete(statement.text);
    if (exists) this.#garbage.push(statement);
  }

  /** The server has dropped all it had: not those that are on their way to it. */
  clear(): void {
    for (const [text, { described }] of this.#known) if (described) this.#known.delete(text);
    this.#garbage.length = 0;
  }
}
