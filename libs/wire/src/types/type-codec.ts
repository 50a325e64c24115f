// What a type is to its readers: how a cell becomes a value, in either form the server may send it. A codec knows
// nothing of columns, rows or threads. It must not keep a view of the bytes: they belong to a socket's buffer.
import type { Buffer } from 'node:buffer';
import type { CellFormat } from '../field.js';

/** Decodes the cells of one type. NULL never reaches a codec. */
export interface TypeCodec {
  /** Form in which results are asked for once the statement's shape is known. */
  readonly preferred: CellFormat;
  /** From the server's text. */
  readonly text: (text: string) => unknown;
  /** From the binary form, `start` to `end`. Without it such a cell is a WireError. Throws WireError on malformed bytes. */
  readonly binary?: (bytes: Buffer, start: number, end: number) => unknown;
}

/** `pg`: the values node-postgres gives. `lossless`: values that hold all that the server's own text says. */
export type TypeMode = 'pg' | 'lossless';

/** Which codec reads which type. */
export interface TypeMap {
  readonly mode: TypeMode;
  /** Never fails: a type nobody knows is the server's text. */
  codecOf(typeOid: number): TypeCodec;
}
