// Do two contestants give the same rows? Told by a fingerprint, so that 100,000 rows need not cross a process.
// `exact` is JSON for JSON. `loose` is for results that are not row objects (columns, JSON bytes): the same values,
// whether a number stands as text or not, and whichever way an instant is written.
import { createHash } from 'node:crypto';
import type { OurColumns, Row } from '../drivers/driver.js';

export interface Fingerprint {
  readonly rows: number;
  readonly exact?: Print;
  readonly loose?: Print;
}

interface Print {
  readonly hash: string;
  /** The first rows, to show a difference by. */
  readonly head: readonly string[];
}

export type Form = 'exact' | 'loose';

const HEAD_ROWS = 3;

/** Only in the forms that are asked for: with 100,000 rows each takes its time. */
export function fingerprint(rows: readonly Row[], forms: readonly Form[] = ['exact', 'loose']): Fingerprint {
  const print = (form: Form, toText: (row: Row) => string): Print | undefined => {
    if (!forms.includes(form)) return undefined;
    const hash = createHash('sha256');
    for (const row of rows) hash.update(`${toText(row)}\n`);
    return { hash: hash.digest('hex'), head: rows.slice(0, HEAD_ROWS).map(toText) };
  };
  return { rows: rows.length, exact: print('exact', exactRow), loose: print('loose', looseRow) };
}

/** What differs, or undefined. */
export function difference(ours: Fingerprint, reference: Fingerprint, form: Form): string | undefined {
  if (ours.rows !== reference.rows) return `${ours.rows} rows instead of ${reference.rows}`;
  const [mine, theirs] = [ours[form], reference[form]];
  if (!mine || !theirs) return `it was not looked at in the form '${form}'`;
  if (mine.hash === theirs.hash) return undefined;
  const row = mine.head.findIndex((text, index) => text !== theirs.head[index]);
  return row < 0
    ? 'a row behind the first ones differs'
    : `row ${row} is ${mine.head[row]} instead of ${theirs.head[row]}`;
}

/** How a contestant is compared, by its way of the work. */
export function formOf(way = 'objects'): Form {
  return way === 'columns' || way === 'json' ? 'loose' : 'exact';
}

/** A bigint has no JSON; it must not pass for the text that pg gives either. */
function exactRow(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function looseRow(row: Row): string {
  return JSON.stringify(Object.keys(row).map((key) => [key, looseValue(row[key])]));
}

const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/;

export function looseValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'object') return looseObject(value);
  if (typeof value !== 'string') return typeof value; // no value of a database
  const text = value;
  if (INSTANT.test(text)) return new Date(text.replace(/([+-]\d\d)$/, '$1:00')).toISOString();
  if (/^-?\d{1,15}(?:\.\d+)?$/.test(text) && text.length < 16) return String(Number(text));
  if (text.startsWith('{') || text.startsWith('[')) return looseObject(parsed(text));
  return text;
}

const looseObject = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Rows of columns. Instants in numeric columns are milliseconds, or microseconds where they would be in far future. */
export function rowsOfColumns({ columns, rowCount }: OurColumns): Row[] {
  return Array.from({ length: rowCount }, (_, index) =>
    Object.fromEntries(
      columns.map(({ name, values, nulls }) => {
        if (nulls && isNull(nulls, index, rowCount)) return [name, null];
        const value = values[index];
        return [name, name === 'created' && typeof value === 'number' ? instant(value) : value];
      }),
    ),
  );
}

const FAR_FUTURE_MS = 1e14;
const instant = (value: number): Date => new Date(Math.abs(value) > FAR_FUTURE_MS ? value / 1000 : value);

/** A byte for each row, or a bit. */
function isNull(nulls: Uint8Array, index: number, rows: number): boolean {
  if (nulls.length >= rows) return nulls[index] !== 0;
  return (((nulls[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

/** JSON text to rows; an integer too long for a number becomes text, as it is in rows. */
export function rowsOfJson(text: string): Row[] {
  return JSON.parse(text.replaceAll(/(":)(-?\d{16,})(?=[,}])/g, '$1"$2"')) as Row[];
}
