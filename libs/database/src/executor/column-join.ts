// Joins the columns of chunks, a piece at a time. A result of one chunk is not copied: its typed arrays stand on the memory
// that came from the worker.
import type { Column, ResultChunk } from '../connection/execution.js';
import type { FieldInfo } from '../query/query-result.js';

type TypedArray = Int32Array | Uint32Array | Float64Array | BigInt64Array | Uint8Array;

interface Piece {
  readonly rows: number;
  readonly values: ArrayLike<unknown>;
  readonly nulls: Uint8Array | undefined;
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

  /** The next column of a chunk, whose values are decoded by that. True: it has more. */
  addSome(chunk: ResultChunk): boolean {
    const columns = (this.#open ??= chunk.columns());
    const column = columns[this.#at];
    if (column !== undefined) {
      const { values, nulls } = column;
      (this.#pieces[this.#at] ??= []).push({ rows: chunk.rowCount, values, nulls });
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
    if (pieces.length === 1 && first !== undefined) return this.#joinedAs(head, first.values, first.nulls);
    const target = (this.#target ??= {
      values: ArrayBuffer.isView(first?.values) ? like(first.values as TypedArray, this.#rows) : [],
      nulls: pieces.some(({ nulls }) => nulls !== undefined) ? new Uint8Array(this.#rows) : undefined,
      piece: 0,
      row: 0,
    });
    const { values, nulls, rows } = pieces[target.piece] as Piece;
    if (Array.isArray(target.values)) for (let row = 0; row < rows; row++) target.values.push(values[row]);
    else (target.values as Float64Array).set(values as Float64Array, target.row);
    if (nulls !== undefined) target.nulls?.set(nulls, target.row);
    target.row += rows;
    target.piece++;
    if (target.piece < pieces.length) return true;
    this.#target = undefined;
    pieces.length = 0;
    return this.#joinedAs(head, target.values, target.nulls);
  }

  /** @param fields of a result without a chunk: a command that returns no rows */
  result(fields: readonly FieldInfo[]): { columns: readonly Column[]; rowCount: number } {
    if (this.#heads.length > 0 || this.#rows > 0) return { columns: this.#joined, rowCount: this.#rows };
    return { columns: fields.map(({ name, typeOid }) => ({ name, typeOid, values: [] })), rowCount: 0 };
  }

  #joinedAs({ name, typeOid }: Column, values: ArrayLike<unknown>, nulls: Uint8Array | undefined): boolean {
    this.#joined.push({ name, typeOid, values, ...(nulls && { nulls }) });
    return this.#joined.length < this.#heads.length;
  }
}

function like(first: TypedArray, length: number): TypedArray {
  return new (first.constructor as new (length: number) => TypedArray)(length);
}
