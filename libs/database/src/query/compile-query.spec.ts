// Text and parameters to a statement, and every way in which they can miss each other, said by name.
import { describe, expect, it } from '@jest/globals';
import { thrown } from '../../test-support/failure.js';
import { compileQuery, type Params } from './compile-query.js';
import { sql } from './sql.js';

const refusal = (text: unknown, params?: unknown): string => {
  const error = thrown(() => compileQuery(text as string, params as Params));
  expect(error.code).toBe('DB_PARAMETERS');
  return error.message;
};

describe('positional parameters', () => {
  it('go with the text as it stands', () => {
    expect(compileQuery('select $1, $2, $1', [1, 'a'])).toEqual({
      text: 'select $1, $2, $1',
      parameters: ['1', 'a'],
      plain: true,
      quiet: false,
      touches: [],
      reads: true,
    });
    expect(compileQuery('select 1')).toMatchObject({ text: 'select 1', parameters: [] });
    expect(compileQuery('select 1', [])).toMatchObject({ parameters: [] });
  });

  it('leave :names alone', () => {
    expect(compileQuery("select ':a', x[:n], $1", [1]).text).toBe("select ':a', x[:n], $1");
  });

  it.each([
    ['select $1, $2', [1], 'parameter $2 is missing: the statement asks for 2 parameters'],
    ['select $1', undefined, 'parameter $1 is missing: the statement asks for 1 parameter'],
    ['select $3', [1], 'parameter $2 is missing: the statement asks for 3 parameters'],
    ['select $1', [1, 2], 'parameter $2 is surplus: the statement asks for 1 parameter, got 2'],
    ['select 1', [1], 'parameter $1 is surplus: the statement asks for 0 parameters, got 1'],
    ["select '$1'", [1], 'parameter $1 is surplus: the statement asks for 0 parameters, got 1'],
    ['select $1, $2', [1, undefined], 'parameter $2 is undefined; pass null for SQL NULL'],
  ])('%s with %j is refused', (text, params, message) => {
    expect(refusal(text, params)).toBe(message);
  });

  it('with a hole names the hole', () => {
    const holes = Object.assign([] as number[], { 1: 2 });
    expect(refusal('select $1, $2', holes)).toBe('parameter $1 is undefined; pass null for SQL NULL');
  });

  it('are refused beyond what the protocol can count: 65,535', () => {
    const text = (count: number): string =>
      `select ${Array.from({ length: count }, (_, index) => `$${index + 1}`).join(',')}`;
    const values = (count: number): number[] => Array.from({ length: count }, () => 1);
    expect(compileQuery(text(65_535), values(65_535)).parameters).toHaveLength(65_535);
    expect(refusal(text(65_536), values(65_536))).toMatch(/65,?535/);
  });
});

describe('named parameters', () => {
  it('become $n in the order of their appearance, each once', () => {
    expect(compileQuery('select :b::int, :a, :b', { a: 1, b: 2 })).toMatchObject({
      text: 'select $1::int, $2, $1',
      parameters: ['2', '1'],
    });
  });

  it('leave everything else of the text untouched', () => {
    expect(compileQuery("select ':a', x[1:n], y::int, $$:a$$ -- :a\n, :a /* :a */;", { a: 1 }).text).toBe(
      "select ':a', x[1:n], y::int, $$:a$$ -- :a\n, $1 /* :a */;",
    );
  });

  it('may have any name, those of Object.prototype too', () => {
    const own = JSON.parse('{"__proto__": 1, "constructor": 2, "größe": 3}') as Record<string, unknown>;
    expect(compileQuery('select :__proto__, :constructor, :größe', own).parameters).toEqual(['1', '2', '3']);
    expect(refusal('select :constructor', {})).toBe('parameter :constructor is missing');
    expect(refusal('select :toString', { other: 1 })).toBe('parameter :toString is missing');
  });

  it('are not looked for where a colon is SQL', () => {
    for (const text of ['select x[1:n]', 'select x::int', "select json_object('a':b)", 'select f(a := 1)']) {
      expect(compileQuery(text)).toMatchObject({ text, parameters: [] });
    }
  });

  it('are refused beyond what the protocol can count, too', () => {
    const names = Array.from({ length: 65_536 }, (_, index) => `p${index}`);
    const values = Object.fromEntries(names.map((name) => [name, 1]));
    expect(refusal(`select ${names.map((name) => `:${name}`).join(',')}`, values)).toMatch(/65,?535/);
  }, 60_000);

  it('come from a plain object, with a prototype or without', () => {
    expect(compileQuery('select :a', Object.assign(Object.create(null), { a: 1 })).parameters).toEqual(['1']);
    expect(compileQuery('select 1', {}).parameters).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['select :a', {}, 'parameter :a is missing'],
    ['select :a', undefined, 'parameter :a is missing'],
    ['select :a', { A: 1 }, 'parameter :a is missing'],
    ['select :a', { a: 1, b: 2 }, 'parameter :b is surplus: the statement does not use it'],
    ["select ':a'", { a: 1 }, 'parameter :a is surplus: the statement does not use it'],
    ['select :a', { a: undefined }, 'parameter :a is undefined; pass null for SQL NULL'],
    ['select :a, $1', { a: 1 }, 'the statement has $n placeholders: give their values as an array'],
    [
      'select :a',
      new (class Dto {
        a = 1;
      })(),
      'parameters must be an array ($1 …) or a plain object (:name)',
    ],
    ['select :a', new Map([['a', 1]]), 'parameters must be an array ($1 …) or a plain object (:name)'],
    ['select :a', null, 'parameters must be an array ($1 …) or a plain object (:name)'],
    ['select :a', 'a', 'parameters must be an array ($1 …) or a plain object (:name)'],
    ['select :a', 1, 'parameters must be an array ($1 …) or a plain object (:name)'],
    ['select :a', () => 1, 'parameters must be an array ($1 …) or a plain object (:name)'],
  ])('%s with %p is refused', (text, params, message) => {
    expect(refusal(text, params)).toBe(message);
  });
});

describe('a fragment', () => {
  it('carries its values, so parameters beside it are refused', () => {
    expect(compileQuery(sql`select ${1}, ${'a'}`)).toMatchObject({ text: 'select $1, $2', parameters: ['1', 'a'] });
    expect(refusal(sql`select ${1}`, [1])).toMatch(/carries its own values/);
    expect(refusal(sql`select ${undefined}`)).toMatch(/^parameter \$1 is undefined/);
  });

  it('is not read for :names', () => {
    expect(compileQuery(sql`select ${1} :a`).text).toBe('select $1 :a');
  });

  it.each<unknown>([{ text: 'select 1', values: [] }, undefined, null, 1, ['select 1'], Buffer.from('select 1')])(
    '%p is none, and no text either',
    (value) => {
      expect(refusal(value)).toBe('the statement must be a string or a sql`…` fragment');
    },
  );
});

describe('what is known of a text', () => {
  it('is the same each time, also when it was pushed out of the cache in between', () => {
    const text = 'set work_mem to 1 -- cached';
    const first = compileQuery(text);
    for (let n = 0; n < 1100; n++) compileQuery(`select ${n}`);
    expect(compileQuery(text)).toEqual(first);
    expect(first.touches).toEqual(['set']);
  });

  it('holds no values of an earlier call', () => {
    expect(compileQuery('select :v', { v: 'first' }).parameters).toEqual(['first']);
    expect(compileQuery('select :v', { v: 'second' }).parameters).toEqual(['second']);
  });

  it('is found for texts too long to be kept as well', () => {
    const long = `listen x -- ${'x'.repeat(30_000)}`;
    expect([compileQuery(long).touches, compileQuery(long).touches]).toEqual([['listen'], ['listen']]);
  });
});
