// Writes the decoder of one column set as source: one object literal per row, so all rows share one hidden class, and the
// hot types read in place. It must not give other rows than interpret-rows.
import { malformed } from '../types/malformed.js';
import { float8At, int8TextAt } from '../types/numbers.js';
import { utf8Text } from '../types/utf8.js';
import { generateFunction, objectSource } from './generate.js';
import type { ColumnPlan, DecodeRows, RowPlan } from './row-plan.js';

/** More code than this V8 does not optimise as one function; the cells of wider rows are read by call. */
const MOST_INLINED = 100;

/** Undefined where code from strings is forbidden. */
export function generateDecoder({ columns, properties }: RowPlan): DecodeRows | undefined {
  const inline = columns.length <= MOST_INLINED;
  const cells = columns.map((column, c) => cellSource(column, c, inline)).join('\n');
  const source = `"use strict";
return function decodeRows(b, from, count, into) {
  let p = from;
  for (let i = 0; i < count; i++) {
    let n = 0;
    p += 7;
${cells}
    into.push(${objectSource(properties.map(({ name, column }) => [name, `v${column}`]))});
  }
  return p;
};`;
  const reads = columns.map((column) => column.read);
  return generateFunction({ reads, utf8Text, int8TextAt, float8At, width: wrongWidth }, source) as
    DecodeRows | undefined;
}

const INT32 = '(b[p] << 24 | b[p + 1] << 16 | b[p + 2] << 8 | b[p + 3])';

function cellSource(column: ColumnPlan, c: number, inline: boolean): string {
  const length = `    n = ${INT32}; p += 4;`;
  if (column.hidden) return `${length} if (n > 0) p += n;`;
  const { width, value } = (inline && hotSource(column)) || { width: 0, value: `reads[${c}](b, p, p + n)` };
  const check = width > 0 ? `if (n !== ${width}) width(${column.typeOid}, n, ${width}); ` : '';
  const advance = width > 0 ? width : 'n';
  return `    let v${c} = null;${length} if (n >= 0) { ${check}v${c} = ${value}; p += ${advance}; }`;
}

/** What is read in place; undefined is called. */
function hotSource({ kind, binary }: ColumnPlan): { width: number; value: string } | undefined {
  if ((kind === 'text' || kind === 'stringInt8') && !binary) return { width: 0, value: 'utf8Text(b, p, p + n)' };
  if (!binary) return undefined;
  switch (kind) {
    case 'int2':
      return { width: 2, value: '(b[p] << 24 >> 16 | b[p + 1])' };
    case 'int4':
      return { width: 4, value: INT32 };
    case 'oid':
      return { width: 4, value: `(${INT32} >>> 0)` };
    case 'bool':
      return { width: 1, value: '(b[p] !== 0)' };
    case 'float8':
      return { width: 8, value: 'float8At(b, p)' };
    case 'stringInt8':
      return { width: 8, value: 'int8TextAt(b, p)' };
    default:
      return undefined;
  }
}

function wrongWidth(typeOid: number, length: number, width: number): never {
  return malformed(`${typeOid}`, `has ${length} bytes instead of ${width}`);
}
