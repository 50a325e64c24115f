// One statement of a flight: what it asks of the server, and what has come of it so far. Limits are kept here, while rows
// arrive.
import { TEXT_RESULTS, type FrontendWriter, type Step, type TypeMap, type WireField } from '@hydrogen/wire';
import type { Limits, ResultChunk, ResultEnd, ResultForm, ResultSink } from '../connection/execution.js';
import type { Statement } from '../query/statement.js';
import { ResultShape } from './decode.js';
import type { PreparedStatement, PreparedStatements } from './prepared-statements.js';
import { ResultCollector, type Destination } from './result-collector.js';

const UNNAMED: readonly Step[] = ['parse', 'bind', 'describe-portal', 'execute'];
const FIRST: readonly Step[] = ['parse', 'describe-statement', 'bind', 'execute'];
const FIRST_AFTER_CLOSE: readonly Step[] = ['close', ...FIRST];
const KNOWN: readonly Step[] = ['bind', 'execute'];

/** What a part needs of the session it runs in. */
export interface Session {
  readonly writer: FrontendWriter;
  readonly prepared: PreparedStatements;
  readonly types: TypeMap;
  readonly destination: Destination;
}

export class StatementPart {
  /** It ran, or will, under a name of its own. */
  prepared: PreparedStatement | undefined;
  /** The name was there before this flight: it may have become stale. */
  reused = false;
  tag = '';
  /** Another one, which is closed to make room for it; until the server has done so. */
  evicted: PreparedStatement | undefined;
  /** The server ended it. */
  complete = false;
  rows = 0;
  bytes = 0;
  #shape: ResultShape | undefined;
  #inText = true;
  #collector: ResultCollector | undefined;

  constructor(
    readonly statement: Statement,
    readonly prepare: boolean,
    readonly form: ResultForm,
    /** undefined = nobody wants to know */
    readonly sink: ResultSink | undefined,
  ) {}

  /** Forgets what has come: it is sent once more. */
  restart(): void {
    this.prepared = this.evicted = this.#shape = this.#collector = undefined;
    this.reused = this.complete = false;
    this.tag = '';
    this.rows = this.bytes = 0;
  }

  /** Writes its messages up to Execute. @returns what the server will have to answer */
  send({ writer, prepared }: Session, maxRows: number): readonly Step[] {
    const { text } = this.statement;
    let steps = UNNAMED;
    let known = this.prepare && prepared.enabled ? prepared.find(text) : undefined;
    if (known) {
      this.reused = true;
      steps = KNOWN;
    } else if (this.prepare && prepared.enabled) {
      const { added, evicted } = prepared.add(text);
      known = added;
      this.evicted = evicted;
      if (evicted) writer.close('statement', evicted.name);
      writer.parse(known.name, text);
      writer.describe('statement', known.name);
      steps = evicted ? FIRST_AFTER_CLOSE : FIRST;
    } else writer.parse('', text);
    this.prepared = known;
    const formats = known?.formats ?? TEXT_RESULTS;
    this.#inText = formats === TEXT_RESULTS;
    const name = known?.name ?? '';
    const { encoded, parameters } = this.statement;
    if (encoded) writer.bindEncoded(name, encoded, formats);
    else writer.bind(name, parameters, formats);
    if (!known) writer.describe('portal', '');
    writer.execute(maxRows);
    return steps;
  }

  describe(fields: readonly WireField[] | undefined, types: TypeMap): void {
    if (this.prepared) this.prepared.describe(fields, types);
    else if (fields) this.#shape = new ResultShape(fields, types);
  }

  get shape(): ResultShape | undefined {
    return this.#shape ?? (this.#inText ? this.prepared?.textShape : this.prepared?.shape);
  }

  /** Collects a row. @returns the limit that it crosses */
  row(bytes: Buffer, start: number, end: number, limits: Limits, destination: Destination): string | undefined {
    this.rows++;
    this.bytes += end - start;
    if (limits.maxRows > 0 && this.rows > limits.maxRows) return `${limits.maxRows} rows`;
    if (limits.maxBytes > 0 && this.bytes > limits.maxBytes) return `${limits.maxBytes} bytes`;
    this.#collecting(destination)?.row(bytes, start, end);
    return undefined;
  }

  /** Bytes of rows that have not been handed on. */
  get pending(): number {
    return this.#collector?.size ?? 0;
  }

  /** What has come since the last chunk. @param last the result is whole */
  take(last: boolean, destination: Destination): ResultChunk | undefined {
    const evenEmpty = last && this.form !== 'rows';
    return (evenEmpty ? this.#collecting(destination) : this.#collector)?.take(last);
  }

  drop(): void {
    this.#collector = undefined;
  }

  /** `INSERT 0 5` → INSERT, 5; `CREATE TABLE` → CREATE TABLE, null. */
  get end(): ResultEnd {
    const { command, rowCount } = readTag(this.tag);
    return { command, rowCount, fields: this.shape?.info ?? [], bytes: this.bytes };
  }

  #collecting(destination: Destination): ResultCollector | undefined {
    const { shape } = this;
    if (!this.#collector && shape) this.#collector = new ResultCollector(shape, this.form, destination);
    return this.#collector;
  }
}

interface Tag {
  readonly command: string;
  readonly rowCount: number | null;
}

const tags = new Map<string, Tag>();

/** Tags are few and come again. */
function readTag(tag: string): Tag {
  const known = tags.get(tag);
  if (known) return known;
  const [, command = '', count] = /^(.*?)(?: \d+)*?(?: (\d+))?$/.exec(tag) ?? [];
  const read = { command, rowCount: count === undefined ? null : Number(count) };
  if (tags.size < 1000) tags.set(tag, read);
  return read;
}
