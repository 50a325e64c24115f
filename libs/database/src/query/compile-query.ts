// Text and parameters, as a caller gives them, to a Statement a connection can send. What is wrong with them is said
// here, by name, before anything is sent.
import { databaseError, type DatabaseError } from '../errors/database.error.js';
import { encodeParameter, type EncodedParameter } from './encode-parameter.js';
import { RecentMap } from './recent-map.js';
import { scanSql, type NamedPlaceholder } from './scan-sql.js';
import { SqlFragment } from './sql.js';
import { classifyStatement, type StatementClass } from './statement-class.js';
import type { Statement } from './statement.js';

/** Positional values for `$1 …`, or a plain object for `:name`. */
export type Params = readonly unknown[] | Readonly<Record<string, unknown>>;

interface CompiledText extends StatementClass {
  readonly positional: number;
  /** Names of the placeholders, each once, in the order of their numbers. */
  readonly names: readonly string[];
  /** The text with `$n` in the place of names. */
  readonly numbered: string;
  readonly tail: number;
}

/** Texts are few and come again. */
const CACHE_SIZE = 1000;
/** Longer texts are mostly generated and used once: they would only push the others out. */
const CACHEABLE_LENGTH = 20_000;
/** Bind counts its parameters in 16 bits (manual 55.7). */
const MOST_PARAMETERS = 65_535;
const cache = new RecentMap<string, CompiledText>(CACHE_SIZE);
const NO_VALUES: readonly unknown[] = [];

export function compileQuery(sql: string | SqlFragment, params?: Params): Statement {
  if (sql instanceof SqlFragment) {
    if (params !== undefined) throw refuse('a sql`…` fragment carries its own values; give no parameters beside it');
    return withPositions(sql.text, lookUp(sql.text), sql.values);
  }
  if (typeof sql !== 'string') throw refuse('the statement must be a string or a sql`…` fragment');
  const compiled = lookUp(sql);
  if (params === undefined && compiled.names.length === 0) return withPositions(sql, compiled, NO_VALUES);
  return Array.isArray(params)
    ? withPositions(sql, compiled, params as readonly unknown[])
    : withNames(compiled, (params === undefined ? {} : params) as Readonly<Record<string, unknown>>);
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
  // A plain loop: a hole is a value too, and a callback for each costs more than encoding it.
  const encoded: EncodedParameter[] = [];
  for (let index = 0; index < values.length; index++) encoded.push(encodeParameter(values[index], index + 1));
  return statement(text, compiled, encoded);
}

function withNames(compiled: CompiledText, values: Readonly<Record<string, unknown>>): Statement {
  const prototype: unknown = values === null ? undefined : Object.getPrototypeOf(values);
  if (typeof values !== 'object' || (prototype !== Object.prototype && prototype !== null)) {
    throw refuse('parameters must be an array ($1 …) or a plain object (:name)');
  }
  if (compiled.positional > 0) throw refuse('the statement has $n placeholders: give their values as an array');
  const { names } = compiled;
  for (const name of names) {
    if (!Object.hasOwn(values, name)) throw refuse(`parameter :${name} is missing`);
  }
  refuseTooMany(names.length);
  const surplus = Object.keys(values).find((name) => !names.includes(name));
  if (surplus !== undefined) throw refuse(`parameter :${surplus} is surplus: the statement does not use it`);
  return statement(
    compiled.numbered,
    compiled,
    names.map((name) => encodeParameter(values[name], `:${name}`)),
  );
}

function withNumbers(text: string, named: readonly NamedPlaceholder[], names: readonly string[]): string {
  let numbered = '';
  let from = 0;
  for (const { name, start, end } of named) {
    numbered += `${text.slice(from, start)}$${names.indexOf(name) + 1}`;
    from = end;
  }
  return numbered + text.slice(from);
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
  const { touches, reads, plain, quiet } = compiled;
  return { text, parameters, touches, reads, plain, quiet };
}

/** The statement alone, without trailing semicolons and comments: fit to stand inside another. */
export function bareText(text: string): string {
  return text.slice(0, text.length - lookUp(text).tail);
}

function lookUp(text: string): CompiledText {
  const known = cache.get(text);
  if (known) return known;
  refuseUnsendable(text);
  const { positional, named, tail, code } = scanSql(text);
  const names = [...new Set(named.map(({ name }) => name))];
  const numbered = withNumbers(text, named, names);
  const compiled = { positional, names, numbered, tail, ...classifyStatement(code) };
  if (text.length <= CACHEABLE_LENGTH) cache.set(text, compiled);
  return compiled;
}

const count = (n: number): string => (n === 1 ? '1 parameter' : `${n} parameters`);

function refuse(message: string): DatabaseError {
  return databaseError({ code: 'DB_PARAMETERS', message });
}
