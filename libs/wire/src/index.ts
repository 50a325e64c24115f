// The public door, and the only barrel of this library.
export { WireError } from './errors/wire.error.js';
export type { CellFormat, WireField } from './field.js';
