// The sql tag: SQL text with its values apart. Values never become text; identifiers are quoted.
import { databaseError } from '../errors/database.error.js';

/** SQL with its values, made only by the `sql` tag, so that no object from outside can pass for one. */
export class SqlFragment {
  readonly #parts: readonly string[];
  readonly values: readonly unknown[];

  /** @internal parts.length === values.length + 1 */
  constructor(parts: readonly string[], values: readonly unknown[]) {
    this.#parts = parts;
    this.values = values;
  }

  /** Text with `$1 … $n`. */
  get text(): string {
    return this.#parts.reduce((text, part, index) => (index === 0 ? part : `${text}$${index}${part}`), '');
  }

  /** @internal */
  static partsOf(fragment: SqlFragment): readonly string[] {
    return fragment.#parts;
  }
}

/**
 * sql`select * from t where id = ${id}`: each `${}` becomes a parameter; a fragment inside is spliced in.
 * An array is one parameter (`= any(${ids})`).
 */
export function sql(strings: TemplateStringsArray, ...inserts: readonly unknown[]): SqlFragment {
  return splice(strings, inserts);
}

function splice(strings: readonly string[], inserts: readonly unknown[]): SqlFragment {
  const parts: string[] = [strings[0] ?? ''];
  const values: unknown[] = [];
  const append = (text: string): void => {
    parts[parts.length - 1] += text;
  };
  inserts.forEach((insert, index) => {
    if (insert instanceof SqlFragment) {
      const [first, ...rest] = SqlFragment.partsOf(insert);
      append(first ?? '');
      parts.push(...rest);
      values.push(...insert.values);
      append(strings[index + 1] ?? '');
    } else {
      values.push(insert);
      parts.push(strings[index + 1] ?? '');
    }
  });
  return new SqlFragment(parts, values);
}

/** A quoted name, or several with dots between: `sql.identifier('app', 'users')` is `"app"."users"`. */
sql.identifier = (...names: readonly string[]): SqlFragment => {
  const quoted = names.map((name) => {
    if (typeof name !== 'string' || name === '' || name.includes('\0')) {
      const message = 'sql.identifier: a name must be a non-empty string without NUL';
      throw databaseError({ code: 'DB_PARAMETERS', message });
    }
    return `"${name.replaceAll('"', '""')}"`;
  });
  return new SqlFragment([quoted.join('.')], []);
};

/** Fragments or values with a separator between: `sql.join(ids.map((id) => sql`${id}`), sql`, `)`. */
sql.join = (items: readonly unknown[], separator: SqlFragment = sql`, `): SqlFragment =>
  splice(
    ['', ...items.map(() => '')],
    items.map((item, index) => (index === 0 ? item : sql`${separator}${item}`)),
  );

/** Text as it stands, unchecked. Never give it anything that came from outside the program. */
sql.unsafe = (text: string): SqlFragment => new SqlFragment([text], []);
