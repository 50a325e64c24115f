// One column of a result, as RowDescription tells it.

/** Form of a cell on the wire: 0 = the server's text, 1 = the type's binary form. */
export type CellFormat = 0 | 1;

export interface WireField {
  readonly name: string;
  /** OID of the table, 0 when the column is computed. */
  readonly tableOid: number;
  readonly column: number;
  readonly typeOid: number;
  readonly typeModifier: number;
  readonly format: CellFormat;
}
