// The main thread's side of a batch: columns as typed arrays over the buffer that came, or rows equal to the row decoder's.
// Text is cut from one string per column and batch. The price: a kept string of 13 characters or more keeps its whole
// column of that batch; copy strings that outlive the result.
import type { WireField } from '../field.js';
import type { TypeMap } from '../types/type-codec.js';
import type { ColumnBatch } from './column-batch.js';
import { ColumnData } from './column-data.js';
import { type CellReader, type ColumnSetPlan, planColumns } from './column-plan.js';
import { type RowsReader, generateRows, interpretColumns } from './generate-rows.js';

/** One column of a batch. */
export interface Column {
  readonly name: string;
  readonly typeOid: number;
  /**
   * Without a copy: Int32Array for int2 and int4, Uint32Array for oid, Float64Array for float4 and float8, BigInt64Array for
   * int8 of mode `lossless`, Uint8Array of 0 and 1 for bool; a NULL has the value 0 there. Any other type: an array of the
   * values that rows have, null for NULL, decoded when it is first asked for.
   */
  readonly values: ArrayLike<unknown>;
  /** 1 where the value is NULL. Absent if none of the batch is. */
  readonly nulls?: Uint8Array;
  /** `values` are decoded when they are first asked for. */
  readonly lazy?: true;
}

interface CompiledPlan extends ColumnSetPlan {
  read: RowsReader;
  rowsRead: number;
}

const ROWS_BEFORE_COMPILING = 50;
/** By the array of fields, so that batches of one result, or of one statement, share what was compiled. */
const plans = new WeakMap<readonly WireField[], WeakMap<TypeMap, CompiledPlan>>();

/** Reads a batch. Pass the same array of fields for all batches of one shape: the compiled code is kept by it. */
export class ColumnBatchReader {
  readonly rowCount: number;
  readonly #fields: readonly WireField[];
  readonly #plan: CompiledPlan;
  readonly #data: readonly ColumnData[];

  constructor(batch: ColumnBatch, fields: readonly WireField[], types: TypeMap) {
    this.rowCount = batch.rowCount;
    this.#fields = fields;
    this.#plan = planFor(fields, types);
    this.#data = this.#plan.storages.map((storage, column) => new ColumnData(batch, column, storage));
  }

  /** In the order of the fields, also those whose name comes again. */
  columns(): Column[] {
    return this.#fields.map((field, c) => {
      const data = this.#data[c]!;
      const isTyped = TYPED.has(this.#plan.storages[c]!);
      const read = this.#plan.readers[c]!;
      return new BatchColumn(field, data, isTyped ? undefined : read, this.rowCount);
    });
  }

  /** Appends the rows `from` up to, and without, `to`: what a RowDecoder makes of the same messages. */
  rows(from: number, to: number, into: Record<string, unknown>[]): void {
    const plan = this.#plan;
    if (plan.rowsRead < ROWS_BEFORE_COMPILING) {
      plan.rowsRead += to - from;
      if (plan.rowsRead >= ROWS_BEFORE_COMPILING) plan.read = generateRows(plan) ?? plan.read;
    }
    plan.read(this.#data, from, to, into);
  }
}

const TYPED: ReadonlySet<string> = new Set(['int32', 'uint32', 'float64', 'bigint64', 'bool']);

class BatchColumn implements Column {
  readonly name: string;
  readonly typeOid: number;
  declare readonly nulls?: Uint8Array;
  declare readonly lazy?: true;
  #values: ArrayLike<unknown> | undefined;

  constructor(
    field: WireField,
    private readonly data: ColumnData,
    private readonly read: CellReader | undefined,
    private readonly rowCount: number,
  ) {
    this.name = field.name;
    this.typeOid = field.typeOid;
    if (data.nulls) this.nulls = data.nulls;
    if (read) this.lazy = true;
  }

  get values(): ArrayLike<unknown> {
    return (this.#values ??= this.read ? this.#decode(this.read) : this.data.cells);
  }

  #decode(read: CellReader): unknown[] {
    const { cells, offsets, nulls } = this.data;
    const values: unknown[] = [];
    for (let row = 0; row < this.rowCount; row++) values.push(nulls?.[row] === 1 ? null : read(cells, offsets, row));
    return values;
  }
}

function planFor(fields: readonly WireField[], types: TypeMap): CompiledPlan {
  let ofFields = plans.get(fields);
  if (!ofFields) plans.set(fields, (ofFields = new WeakMap()));
  let plan = ofFields.get(types);
  if (!plan) {
    const made = planColumns(fields, types);
    ofFields.set(types, (plan = { ...made, read: interpretColumns(made), rowsRead: 0 }));
  }
  return plan;
}
