// How a piece of a result crosses a thread: as memory, never as rows. The thread that made a chunk asks it for this form,
// the reader's thread makes a chunk of it again (postgres/decode.ts).
import type { FieldInfo } from '../query/query-result.js';
import type { ResultChunk } from './execution.js';

/** A column as a chunk needs it: the cell's form on the wire as well, 0 = text, 1 = binary. */
export interface ChunkField extends FieldInfo {
  readonly format?: 0 | 1;
}

export interface ChunkForm {
  /** `raw`: DataRow messages as they came. `columns`: a batch of columns. `bytes`: JSON, or COPY data. */
  readonly kind: 'raw' | 'columns' | 'bytes';
  /** 0 when the kind is `bytes`. */
  readonly rowCount: number;
  /** An ArrayBuffer is given away: it is transferred, and gone here. A Uint8Array is lent for the call, and copied. */
  readonly data: Uint8Array | ArrayBuffer;
  /** `columns`: where each column stands in `data`. */
  readonly layout?: readonly number[];
}

/** A chunk that can leave its thread, once, instead of being read in it. */
export interface TravellingChunk extends ResultChunk {
  /** The same array for all chunks of a result, at best for all results of a statement. */
  readonly fields: readonly ChunkField[];
  transport(): ChunkForm;
}
