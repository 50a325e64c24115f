// Text and parameters, as a caller gives them, to a Statement a connection can send. What is wrong with them is said
// here, by name, before anything is sent.
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { encodeParameter, type EncodedParameter } from './encode-parameter.js';
import { scanSql, type NamedPlaceholder } from './scan-sql.js';
import { SqlFragment } from './sql.js';
import { classifyStatement, type StatementClass } from './statement-class.js';
import type { Statement } from './statement.js';

/** Positional values for `$1 …`, or a plain object for `:name`. */
export type Params = readonly unknown[] | Readonly<Record<string, unknown>>;

interface CompiledText extends StatementClass {
  readonly positional: number;
  readonly named: readonly NamedPlaceholder[];
  readonly tail: number;
}

/** Texts are few and come again; 1,000 of them are kept, the one unused for longest goes first. */
const CACHE_SIZE = 1000;
/** Longer texts are mostly generated and used once: they would only push the others out. */
const CACHEABLE_LENGTH = 20_000;
/** Bind counts its parameters in 16 bits (manual 55.7). */
const MOST_PARAMETERS = 65_535;
const cache = new Map<string, CompiledText>();

export function compileQuery(sql: string | SqlFragment, params?: Params): Statement {
  if (sql instanceof SqlFragment) {
    if (params !== undefined) throw refuse('a sql`…` fragment carries its own values; give no parameters beside it');
    return withPositions(sql.text, lookUp(sql.text), sql.values);
  }
  if (typeof sql !== 'string') throw refuse('the statement must be a string or a sql`…` fragment');
  const compiled = lookUp(sql);
  if (params === undefined && compiled.named.length === 0) return withPositions(sql, compiled, []);
  return Array.isArray(params)
    ? withPositions(sql, compiled, params as readonly unknown[])
    : withNames(sql, compiled, (params === undefined ? {} : params) as Readonly<Record<string, unknown>>);
}

function withPositions(text: string, compiled: CompiledText, values: readonly unknown[]): Statement {
  refuseTooMany(values.length);
  if (values.length < compiled.positional) {
    throw refuse(`parameter $${values.length + 1} is missing: the statement asks for ${count(compiled.positional)}`);
  }
  if (values.length > compiled.positional) {
    throw refuse(
      `parameter $${compiled.positional + 1} is surplus: the statement asks for ${count(compiled.positional)}, got ${values.length}`,
    );
  }
  return statement(
    text,
    compiled,
    Array.from(values, (value, index) => encodeParameter(value, `$${index + 1}`)),
  );
}

function withNames(text: string, compiled: CompiledText, values: Readonly<Record<string, unknown>>): Statement {
  const prototype: unknown = values === null ? undefined : Object.getPrototypeOf(values);
  if (typeof values !== 'object' || (prototype !== Object.prototype && prototype !== null)) {
    throw refuse('parameters must be an array ($1 …) or a plain object (:name)');
  }
  if (compiled.positional > 0) throw refuse('the statement has $n placeholders: give their values as an array');
  const order = [...new Set(compiled.named.map((placeholder) => placeholder.name))];
  for (const name of order) {
    if (!Object.hasOwn(values, name)) throw refuse(`parameter :${name} is missing`);
  }
  refuseTooMany(order.length);
  const surplus = Object.keys(values).find((name) => !order.includes(name));
  if (surplus !== undefined) throw refuse(`parameter :${surplus} is surplus: the statement does not use it`);
  let numbered = '';
  let from = 0;
  for (const { name, start, end } of compiled.named) {
    numbered += `${text.slice(from, start)}$${order.indexOf(name) + 1}`;
    from = end;
  }
  return statement(
    numbered + text.slice(from),
    compiled,
    order.map((name) => encodeParameter(values[name], `:${name}`)),
  );
}

/** As in parameters: UTF-8 has no lone surrogates, and a NUL ends the text on the wire. */
function refuseUnsendable(text: string): void {
  if (text.includes('\0')) throw refuse('the statement has a NUL character');
  if (!text.isWellFormed()) throw refuse('the statement has a lone surrogate, which UTF-8 cannot carry');
}

function refuseTooMany(n: number): void {
  if (n > MOST_PARAMETERS) throw refuse(`a statement takes at most ${count(MOST_PARAMETERS)}`);
}

function statement(text: string, compiled: CompiledText, parameters: readonly EncodedParameter[]): Statement {
  return { text, parameters, touches: compiled.touches, reads: compiled.reads, plain: compiled.plain };
}

/** The statement alone, without trailing semicolons and comments: fit to stand inside another. */
export function bareText(text: string): string {
  return text.slice(0, text.length - lookUp(text).tail);
}

function lookUp(text: string): CompiledText {
  const known = cache.get(text);
  if (known) {
    cache.delete(text);
    cache.set(text, known);
    return known;
  }
  refuseUnsendable(text);
  const scanned = scanSql(text);
  const { positional, named, tail } = scanned;
  const compiled = { positional, named, tail, ...classifyStatement(scanned.code) };
  if (text.length <= CACHEABLE_LENGTH) {
    cache.set(text, compiled);
    if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  }
  return compiled;
}

const count = (n: number): string => (n === 1 ? '1 parameter' : `${n} parameters`);

function refuse(message: string): DatabaseError {
  return databaseError({ code: 'DB_PARAMETERS', message });
}
