// Where a placeholder is one and where it is text: a corpus of PostgreSQL's lexical corners, and a property over them.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { scanSql } from './scan-sql.js';

const namesIn = (text: string): string[] => scanSql(text).named.map(({ name }) => name);

describe('named placeholders', () => {
  it.each<[string, string[]]>([
    // where they are
    ['select :a', ['a']],
    ['select :a::int, :b', ['a', 'b']],
    ['select :a+:b-:a', ['a', 'b', 'a']],
    ['where x=:a and y>=:b', ['a', 'b']],
    ['select f(:a,:b)', ['a', 'b']],
    ['select x ->:a, y #>> :b, z @> :c, w ?| :d', ['a', 'b', 'c', 'd']],
    ['select x ? :key', ['key']],
    ['select :größe, :名前, :_x1, :a2', ['größe', '名前', '_x1', 'a2']],
    ['select :Camel, :camel', ['Camel', 'camel']],
    ['select array[:a, :b]', ['a', 'b']],
    ['select ARRAY [ :a ]', ['a']],
    ['select array/* c */[:a]', ['a']],
    ['select array[[:a, :b], [:c, :d]]', ['a', 'b', 'c', 'd']],
    ['select array[f(:a), x[1:n], :b]', ['a', 'b']],
    ['select x[(:i)], x[(:i):(:j)]', ['i', 'i', 'j']],
    ['select x[array_length(x, :dim)]', ['dim']],
    ["select 'a' || :b || 'c'", ['b']],
    ['limit :limit offset :offset', ['limit', 'offset']],
    // strings
    ["select ':a'", []],
    ["select 'it''s :a', :b", ['b']],
    ["select 'back\\', :a", ['a']],
    ["select E'quote\\' :a', :b", ['b']],
    ["select e'\\\\', :a", ['a']],
    ["select E'it''s :a', :b", ['b']],
    ["select x.E'\\' :a', :b", ['b']],
    ["select some'\\', :a", ['a']],
    ["select E '\\', :a", ['a']],
    ["select N':a', B'01', X'ff', :b", ['b']],
    ["select U&'d\\0061t\\+000061 :a', :b", ['b']],
    ["select 'first'\n':second', :a", ['a']],
    // dollar quotes
    ['select $$ :a $$, :b', ['b']],
    ['select $tag$ :a $$ :b $tag$, :c', ['c']],
    ['select $a$ $b$ :x $b$ :y $a$, :z', ['z']],
    ["select $Ä1$ ' :a $Ä1$, :b", ['b']],
    ['do $$ begin x := 1; end $$', []],
    ['select a$b$ :a', ['a']],
    ['select $1$, :a', ['a']],
    // comments
    ['select 1 -- :a\n, :b', ['b']],
    ['select 1 -- :a', []],
    ["select 1 -- it's\n, :b", ['b']],
    ['select 1 /* :a */, :b', ['b']],
    ['select 1 /* x /* :a */ :b */, :c', ['c']],
    ["select 1 /* ' */, :a /* ' */", ['a']],
    ['select 1 /*/ :a */, :b', ['b']],
    ['select 5 - - :a', ['a']],
    ['select 6 / :a * 2', ['a']],
    // names
    ['select ":a"', []],
    ['select "x"":a", :b', ['b']],
    ['select U&"\\0061 :a", :b', ['b']],
    // colons of SQL
    ['select x::int', []],
    ["select '1'::int, x :: text", []],
    ['select f(a := 1, b => :b)', ['b']],
    ['select :::a', ['a']],
    ['select x[1:2]', []],
    ['select x[1:n]', []],
    ['select x[:n]', []],
    ['select x[lo:hi][:n]', []],
    ['select (f(1))[:n], "x"[:n], $1[:n]', []],
    ["select '{1}'::int[:n]", []],
    ['select x[y[:n]:n]', []],
    ['select : a, :1, :', []],
    // JSON_OBJECT (PostgreSQL 16): a placeholder never follows a literal
    ["select json_object('a':b, 'c' :d, 'e': f, 'g': :h, k: :i)", ['h', 'i']],
    // unterminated things swallow the rest; the server says what is wrong with them
    ["select ' :a", []],
    ['select " :a', []],
    ['select $$ :a', []],
    ['select $t$ :a $$', []],
    ['select /* :a', []],
    ['select /* /* */ :a', []],
    ["select E'\\", []],
    ['select x[:a', []],
    ['', []],
  ])('%j has %j', (text, names) => {
    expect(namesIn(text)).toEqual(names);
  });

  it('are cut exactly: replacing each by its name and colon gives the text again', () => {
    const text = "select :a::int, ':a', x[1:2], :größe -- :b\n where :a";
    const { named } = scanSql(text);
    expect(named.map(({ start, end }) => text.slice(start, end))).toEqual([':a', ':größe', ':a']);
  });
});

describe("PostgreSQL's rarer lexical rules", () => {
  it('a continued E string is still one: its next line has escapes too (manual 4.1.2.1)', () => {
    expect(namesIn("select E'a'\n  'it\\'s :a', :b")).toEqual(['b']);
  });

  it('a carriage return alone ends a line comment', () => {
    expect(namesIn('select 1 -- :a\r, :b')).toEqual(['b']);
  });

  it.each(['éarray[:n]', 'my$array[:n]', '_array[:n]', 'xarray[:n]'])(
    '%s is a subscript, no ARRAY constructor',
    (text) => {
      expect(namesIn(`select ${text}`)).toEqual([]);
    },
  );
});

describe('positional placeholders', () => {
  it.each([
    ['select $1', 1],
    ['select $2, $10, $1', 10],
    ["select '$3', $1", 1],
    ['select $$ $3 $$, $1', 1],
    ['select a$3, b$4$, $1', 1],
    ['select $1::text||$2', 2],
    ['select ($1)', 1],
    ['select x[$1:$2]', 2],
    ['-- $9\nselect /* $8 */ "$7", $1', 1],
    ['select 1', 0],
  ])('%s: the highest is %i', (text, highest) => {
    expect(scanSql(text).positional).toBe(highest);
  });
});

describe('the code that keyword rules see', () => {
  it('has literals and names emptied, comments blanked, and the rest as it stands', () => {
    expect(scanSql('/* set */set x to \'drop\' -- begin\n; select $q$listen$q$, "into", :a::int, $1').code).toBe(
      " set x to ''  \n; select '', \"\", :a::int, $1",
    );
  });

  it('keeps words apart that only a comment separates', () => {
    expect(scanSql('set/**/search_path').code).toBe('set search_path');
  });
});

describe('a statement of any pieces', () => {
  const word = fc.stringMatching(/^[a-zä_][a-z0-9ä_]{0,8}$/);
  /** Text in which nothing is a placeholder, with `:x` where it could pass for one. */
  const inert = fc.oneof(
    fc.constantFrom("':x'", "'it''s :x'", "E'\\':x'", "e'\\\\'", "' -- '", "'/*'", "'$$'", '":x"', '"a"":x"', "U&':x'"),
    fc.constantFrom('$$ :x $$', "$$ ' $$", '$t$ :x $$ $t$', '$t$ :x $u$ $t$', '$_1$ " $_1$', '$ä$ /* $ä$'),
    fc.constantFrom('-- :x\n', "-- '\n", '/* :x */', '/* /* :x */ */', "/* ' $$ */", '/**/'),
    fc.constantFrom('a::int', 'f(x := 1)', 'a[1:x]', 'a[:x]', 'a[1:2][:x]', '"a"[:x]', '(a)[:x]', "'x'::text"),
    fc.constantFrom('+', '->>', '@>', '?', ',', '(', ')', '=', '%', '$1', 'a$1', 'array', 'e', '1.5', ';', '{', '\n'),
    word,
  );
  const planted = word.map((name) => ({ name }));
  const wrap = fc.constantFrom(
    // Directly behind a value a colon separates; an operator stands between, as it must in SQL.
    (name: string) => `, :${name}`,
    (name: string) => `array[:${name}]`,
    (name: string) => `array[[:${name}]]`,
    (name: string) => `a[(:${name})]`,
    (name: string) => `(:${name})`,
    (name: string) => `= :${name}::text`,
  );

  it('shows precisely the placeholders planted in it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(inert, fc.tuple(planted, wrap)), { maxLength: 30 }), (pieces) => {
        const text = pieces.map((piece) => (typeof piece === 'string' ? piece : piece[1](piece[0].name))).join(' + ');
        const names = pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece[0].name]));
        const { named } = scanSql(text);
        expect(named.map(({ name }) => name)).toEqual(names);
        for (const { name, start, end } of named) expect(text.slice(start, end)).toBe(`:${name}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read to its end, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`'"$:;[]()/*-\\Ee$1a \n`), maxLength: 60 }), (text) => {
        const { named, code } = scanSql(text);
        expect(code.length).toBeLessThanOrEqual(text.length + 2);
        for (const { name, start, end } of named) expect(text.slice(start, end)).toBe(`:${name}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes time in proportion to its length, brackets or not', () => {
    const row = "(array[1, 2, 3], x[1], 'text', 1.5), ";
    const time = (rows: number): number => {
      const text = `insert into t values ${row.repeat(rows)}`;
      const startedAt = performance.now();
      scanSql(text);
      return performance.now() - startedAt;
    };
    time(250);
    const [small, large] = [Math.min(time(250), time(250)), Math.min(time(4000), time(4000))];
    // 16 times the text: some 16 times the time where it is linear, 256 times where every bracket reads all before it.
    expect(large).toBeLessThan(Math.max(small, 0.5) * 80);
  });
});
