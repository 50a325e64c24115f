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
  #newest: PreparedStatement | undefined;
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
    if (this.#newest?.text === text) return this.#newest;
    const found = this.#known.get(text);
    if (found) {
      // A Map keeps the order of insertion: what is used goes to the end.
      this.#known.delete(text);
      this.#known.set(text, found);
      this.#newest = found;
    }
    return found;
  }

  /** A new one, and the one that has to be closed for it. */
  add(text: string): { readonly added: PreparedStatement; readonly evicted?: PreparedStatement } {
    const added = new PreparedStatement(`h${++this.#named}`, text);
    this.#known.set(text, added);
    this.#newest = added;
    if (this.#known.size <= this.#size) return { added, evicted: this.#garbage.pop() };
    const [evicted] = this.#known.values();
    this.#known.delete((evicted as PreparedStatement).text);
    return { added, evicted };
  }

  /** It should have been closed for another one, and was not: an error before it skipped that. */
  keep(evicted: PreparedStatement): void {
    this.#garbage.push(evicted);
  }

  /** It is not there, or not what it was. @param exists the server still has it, and it has to be closed some time */
  forget(statement: PreparedStatement, exists: boolean): void {
    if (this.#known.get(statement.text) !== statement) return;
    this.#known.delete(statement.text);
    if (this.#newest === statement) this.#newest = undefined;
    if (exists) this.#garbage.push(statement);
  }

  /** The server has dropped all it had: not those that are on their way to it. */
  clear(): void {
    for (const [text, { described }] of this.#known) if (described) this.#known.delete(text);
    this.#garbage.length = 0;
    this.#newest = undefined;
  }
}
