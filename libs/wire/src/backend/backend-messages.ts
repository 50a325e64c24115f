// What the server says, as whoever reads it hears it. Plain data; nothing here outlives the call but strings and numbers.
import type { WireField } from '../field.js';

/** `I` idle, `T` in a transaction, `E` in a failed one. */
export type SessionStatus = 'I' | 'T' | 'E';

/** Fields of ErrorResponse and NoticeResponse by the names node-postgres gave them (manual 55.8). */
export interface ServerMessage {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly internalPosition?: string;
  readonly internalQuery?: string;
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  readonly file?: string;
  readonly line?: string;
  readonly routine?: string;
}

export type Completion = 'parse' | 'bind' | 'close' | 'no-data' | 'portal-suspended' | 'empty-query' | 'copy-done';
export type CopyDirection = 'in' | 'out';

export interface BackendHandler {
  /** A DataRow above this many bytes is not kept: it is read over and told by rowSkipped. 0 = no ceiling. */
  readonly rowCeiling: number;
  completed(what: Completion): void;
  parameterDescription(typeOids: readonly number[]): void;
  rowDescription(fields: readonly WireField[]): void;
  /** The whole message lies in `bytes` from its letter at `start` up to `end`; it is not checked yet. */
  dataRow(bytes: Buffer, start: number, end: number): void;
  rowSkipped(length: number): void;
  commandComplete(tag: string): void;
  error(error: ServerMessage): void;
  notice(notice: ServerMessage): void;
  notification(channel: string, payload: string, processId: number): void;
  parameterStatus(name: string, value: string): void;
  readyForQuery(status: SessionStatus): void;
  copyResponse(direction: CopyDirection): void;
  /** The data alone; valid during the call. */
  copyData(bytes: Buffer): void;
}
