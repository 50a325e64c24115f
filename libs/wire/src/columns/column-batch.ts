// What crosses from a worker to the main thread for a large result: one buffer, transferred, and the numbers that say
// what lies where in it. Writer and reader are of one build and trust each other; nothing here is for disk or network.

export interface ColumnBatch {
  readonly rowCount: number;
  /** Transfer it: it belongs to this batch alone. */
  readonly data: ArrayBuffer;
  /** Five numbers a column, see Segment. */
  readonly layout: readonly number[];
}

/** Where one column lies in the buffer: offsets in bytes, -1 for what the column does not have. */
export interface Segment {
  readonly data: number;
  readonly length: number;
  /** Where each cell begins and the last one ends: a Uint32 per row and one more. */
  readonly offsets: number;
  /** One byte per row, 1 for NULL. */
  readonly nulls: number;
  readonly encoding: Encoding;
}

/** What the offsets of a block count: characters of ASCII, UTF-16 units of UTF-8 text, or bytes that are no text. */
export const Encoding = { ascii: 0, utf8: 1, bytes: 2 } as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

const NUMBERS_PER_COLUMN = 5;

export function pushSegment(layout: number[], segment: Segment): void {
  layout.push(segment.data, segment.length, segment.offsets, segment.nulls, segment.encoding);
}

export function segmentOf(layout: readonly number[], column: number): Segment {
  const at = column * NUMBERS_PER_COLUMN;
  const [data, length, offsets, nulls, encoding] = layout.slice(at, at + NUMBERS_PER_COLUMN) as [
    number,
    number,
    number,
    number,
    Encoding,
  ];
  return { data, length, offsets, nulls, encoding };
}
