// One JavaScript value to what Bind carries: text, bytes or NULL. Same text as node-postgres sends (Types: pg), but what
// cannot be stored as meant is refused here, by name, before anything is sent.
import { databaseError, type DatabaseError } from '../errors/database.error.js';

export type EncodedParameter = string | Uint8Array | null;

/** An object that knows its own form; the convention of node-postgres. */
interface ToPostgres {
  toPostgres(encode: (value: unknown) => EncodedParameter): unknown;
}

/** What a message calls a parameter: its number, or text as it is. Made into words only when there is a message. */
type Label = string | number;

/** @param label 1 for `$1`, or `:name`, for the message. @throws DB_PARAMETERS, DB_DATA */
export function encodeParameter(value: unknown, label: Label): EncodedParameter {
  return encode(value, label, 0);
}

function encode(value: unknown, label: Label, depth: number): EncodedParameter {
  switch (typeof value) {
    case 'string':
      return wellFormed(value, label);
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? null : encodeObject(value, label, depth);
    case 'undefined':
      throw refuse(label, 'is undefined; pass null for SQL NULL');
    default:
      throw refuse(label, `is a ${typeof value}, which has no SQL form`);
  }
}

function encodeObject(value: object, label: Label, depth: number): EncodedParameter {
  refuseTooDeep(label, depth);
  if (ArrayBuffer.isView(value)) return copyBytes(value.buffer, value.byteOffset, value.byteLength, label);
  if (value instanceof ArrayBuffer) return copyBytes(value, 0, value.byteLength, label);
  if (value instanceof Date) return encodeDate(value, label);
  if (Array.isArray(value)) return encodeArray(value, label, depth);
  if (typeof (value as Partial<ToPostgres>).toPostgres === 'function') {
    return encode(
      (value as ToPostgres).toPostgres((inner) => encode(inner, label, depth + 1)),
      label,
      depth + 1,
    );
  }
  return encodeJson(value, label);
}

/**
 * A copy: the caller may write into his buffer as soon as the call has returned, and a view of a large buffer must not
 * take the whole of it to another thread.
 */
function copyBytes(buffer: ArrayBufferLike, offset: number, length: number, label: Label): Uint8Array {
  try {
    return new Uint8Array(buffer, offset, length).slice();
  } catch {
    throw refuse(label, 'is a view of a buffer that was transferred elsewhere');
  }
}

/** Arrays that hold themselves and objects whose toPostgres returns themselves would never end. */
function refuseTooDeep(label: Label, depth: number): void {
  if (depth > 16) throw refuse(label, 'is nested more than 16 deep or refers to itself');
}

function encodeJson(value: object, label: Label): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    // V8's message on a circle quotes property names only, no values.
    const why = error instanceof Error ? error.message.split('\n')[0] : 'its toJSON failed';
    throw refuse(label, `cannot be written as JSON: ${why}`);
  }
  if (text === undefined) throw refuse(label, 'has no JSON form');
  return wellFormed(text, label);
}

/** PostgreSQL array literal (manual 8.15.6). Elements are always quoted, so NULL stays a word of its own. */
function encodeArray(values: readonly unknown[], label: Label, depth: number): string {
  refuseTooDeep(label, depth);
  // Array.from: a hole is an element too.
  const parts = Array.from(values, (value, index) => {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value)) return encodeArray(value, `${spoken(label)}[${index}]`, depth + 1);
    const encoded = encode(value, `${spoken(label)}[${index}]`, depth + 1);
    if (encoded === null) return 'NULL';
    const text = typeof encoded === 'string' ? encoded : `\\x${Buffer.from(encoded).toString('hex')}`;
    return `"${text.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${parts.join(',')}}`;
}

/** Local time with its offset, so that `date` and `timestamp` columns store what the process's clock shows. */
function encodeDate(date: Date, label: Label): string {
  if (Number.isNaN(date.getTime())) throw refuse(label, 'is an invalid Date');
  const year = date.getFullYear();
  const offset = offsetSeconds(date);
  const day = `${pad(year < 1 ? 1 - year : year, 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
  const away = Math.abs(offset);
  const seconds = away % 60 ? `:${pad(away % 60)}` : '';
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(away / 3600))}:${pad(Math.floor(away / 60) % 60)}${seconds}`;
  return `${day}T${time}${zone}${year < 1 ? ' BC' : ''}`;
}

/** Local time's distance from UTC. Before standard time it had seconds, which getTimezoneOffset cuts off. */
function offsetSeconds(date: Date): number {
  const local = new Date(0);
  local.setUTCFullYear(date.getFullYear(), date.getMonth(), date.getDate());
  local.setUTCHours(date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds());
  return Math.round((local.getTime() - date.getTime()) / 1000);
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** UTF-8 has no lone surrogates and PostgreSQL's text no NUL; both would arrive as something else or not at all. */
function wellFormed(text: string, label: Label): string {
  if (!text.isWellFormed()) throw unstorable(label, 'has a lone surrogate, which UTF-8 cannot carry');
  if (text.includes('\0')) throw unstorable(label, 'has a NUL character, which PostgreSQL text cannot hold');
  return text;
}

/** Text comes from outside: what it holds is the caller's fault (400), not the service's, and the server says 22021 too. */
function unstorable(label: Label, reason: string): DatabaseError {
  return databaseError({ code: 'DB_DATA', message: `parameter ${spoken(label)} ${reason}` });
}

function refuse(label: Label, reason: string): DatabaseError {
  return databaseError({ code: 'DB_PARAMETERS', message: `parameter ${spoken(label)} ${reason}` });
}

function spoken(label: Label): string {
  return typeof label === 'number' ? `$${label}` : label;
}
