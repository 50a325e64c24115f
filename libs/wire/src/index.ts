// The public door, and the only barrel of this library.
export type { BackendHandler, CopyDirection, ServerMessage, SessionStatus } from './backend/backend-messages.js';
export { BackendReader } from './backend/backend-reader.js';
export { WireError } from './errors/wire.error.js';
export type { CellFormat, WireField } from './field.js';
export { encodeParameters } from './frontend/encode-parameters.js';
export { FrontendWriter, type WireParameter } from './frontend/frontend-writer.js';
export { resultFormats, TEXT_RESULTS } from './frontend/result-formats.js';
export { Pipeline, type Exchange, type SessionListener, type Step } from './pipeline.js';
export { createRowDecoder, type RowDecoder } from './rows/row-decoder.js';
export { validateRow } from './rows/validate-row.js';
export type { TypeCodec, TypeMap, TypeMode } from './types/type-codec.js';
export { createTypeMap, type TypeMapOptions } from './types/type-map.js';
export type { ColumnBatch } from './columns/column-batch.js';
export { ColumnBatchReader, type Column } from './columns/column-batch-reader.js';
export { ColumnBatchWriter } from './columns/column-batch-writer.js';
export { type JsonForm, JsonWriter } from './json/json-writer.js';
