// Joins the columns of chunks, a piece at a time. A result of one chunk is not copied: its typed arrays stand on the memory
// that came from the worker. What has to be decoded (text, dates) is joined when it is first asked for, or never.
import type { Column, ResultChunk } from '../connection/execution.js';
import type { FieldInfo } from '../query/query-result.js';

type TypedArray = Int32Array | Uint32Array | Float64Array | BigInt64Array | Uint8Array;

interface Piece {
  readonly rows: number;
  readonly column: Column;
}

export class ColumnJoin {
  #rows = 0;
  readonly #pieces: Piece[][] = [];
  readonly #joined: Column[] = [];
  #heads: readonly Column[] = [];
  /** Columns of the chunk at hand that have been looked at. */
  #open: readonly Column[] | undefined;
  #at = 0;
  /** The column that is being joined, and how far. */
  #target: { values: TypedArray | unknown[]; nulls: Uint8Array | undefined; piece: number; row: number } | undefined;

  /** The next column of a chunk. True: it has more. */
  addSome(chunk: ResultChunk): boolean {
    const columns = (this.#open ??= chunk.columns());
    const column = columns[this.#at];
    if (column !== undefined) {
      (this.#pieces[this.#at] ??= []).push({ rows: chunk.rowCount, column });
      if (++this.#at < columns.length) return true;
    }
    this.#rows += chunk.rowCount;
    this.#heads = columns;
    this.#open = undefined;
    this.#at = 0;
    return false;
  }

  /** Joins one piece to its column. True: there is more. */
  joinSome(): boolean {
    const pieces = this.#pieces[this.#joined.length];
    const head = this.#heads[this.#joined.length];
    if (pieces === undefined || head === undefined) return false;
    const [first] = pieces;
    if (first === undefined) return false;
    if (pieces.length === 1) return this.#joinedAs(first.column);
    if (first.column.lazy) return this.#joinedAs(lazilyJoined(head, pieces, this.#rows));
    const target = (this.#target ??= {
      values: ArrayBuffer.isView(first.column.values) ? like(first.column.values as TypedArray, this.#rows) : [],
      nulls: nullsOf(pieces, this.#rows),
      piece: 0,
      row: 0,
    });
    const { column, rows } = pieces[target.piece] as Piece;
    append(target.values, column.values, rows, target.row);
    target.row += rows;
    target.piece++;
    if (target.piece < pieces.length) return true;
    this.#target = undefined;
    pieces.length = 0;
    return this.#joinedAs(columnOf(head, target.values, target.nulls));
  }

  /** @param fields of a result without a chunk: a command that returns no rows */
  result(fields: readonly FieldInfo[]): { columns: readonly Column[]; rowCount: number } {
    if (this.#heads.length > 0 || this.#rows > 0) return { columns: this.#joined, rowCount: this.#rows };
    return { columns: fields.map(({ name, typeOid }) => ({ name, typeOid, values: [] })), rowCount: 0 };
  }

  #joinedAs(column: Column): boolean {
    this.#joined.push(column);
    return this.#joined.length < this.#heads.length;
  }
}

function columnOf({ name, typeOid }: Column, values: ArrayLike<unknown>, nulls: Uint8Array | undefined): Column {
  return { name, typeOid, values, ...(nulls && { nulls }) };
}

/** The pieces stay as they came until somebody asks; then they are decoded once, and let go. */
function lazilyJoined(head: Column, pieces: readonly Piece[], rows: number): Column {
  const kept = [...pieces];
  let joined: unknown[] | undefined;
  const values = (): ArrayLike<unknown> => {
    if (joined === undefined) {
      const all: unknown[] = [];
      for (const { column, rows: count } of kept) append(all, column.values, count, all.length);
      joined = all;
      kept.length = 0;
    }
    return joined;
  };
  const column = { ...columnOf(head, [], nullsOf(pieces, rows)), lazy: true as const };
  return Object.defineProperty(column, 'values', { get: values, enumerable: true, configurable: true });
}

function nullsOf(pieces: readonly Piece[], rows: number): Uint8Array | undefined {
  if (!pieces.some(({ column }) => column.nulls !== undefined)) return undefined;
  const nulls = new Uint8Array(rows);
  let at = 0;
  for (const piece of pieces) {
    if (piece.column.nulls !== undefined) nulls.set(piece.column.nulls, at);
    at += piece.rows;
  }
  return nulls;
}

function append(target: TypedArray | unknown[], values: ArrayLike<unknown>, rows: number, at: number): void {
  if (Array.isArray(target)) for (let row = 0; row < rows; row++) target.push(values[row]);
  else (target as Float64Array).set(values as Float64Array, at);
}

function like(first: TypedArray, length: number): TypedArray {
  return new (first.constructor as new (length: number) => TypedArray)(length);
}
