// The grammar of placeholders and what becomes of them: behaviour 0.3, line by line.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { expandPlaceholders, type PlaceholderLookup } from './expand-placeholders.js';
import { parsePlaceholders } from './placeholder-syntax.js';

const variables = new Map([
  ['HOST', 'db'],
  ['_x9', 'low'],
  ['EMPTY', ''],
  ['SNEAKY', '{$env.HOST}'],
]);
const files = new Map([
  ['/run/secrets/pw', 's3cret'],
  ['/run/secrets/empty', ''],
]);
const lookup: PlaceholderLookup = {
  variable: (name) => variables.get(name),
  file: (path) => {
    if (path === '/locked') return { failure: 'EACCES' };
    const text = files.get(path);
    return text === undefined ? { failure: 'ENOENT' } : { text };
  },
};
const expand = (text: string): string | string[] => {
  const { text: expanded, failures } = expandPlaceholders(text, lookup);
  return failures.length === 0 ? expanded : failures.map(({ message }) => message);
};
const ENV_SHAPE = 'malformed placeholder: a placeholder is written {$env.NAME} or {$env.NAME:-default}';

describe('expandPlaceholders', () => {
  it.each<[string, string | string[]]>([
    // both spellings, anywhere, several
    ['{$env.HOST}', 'db'],
    ['${env.HOST}', 'db'],
    ['{$env._x9}', 'low'],
    ['a-{$env.HOST}.b/${env._x9}{$env.HOST}', 'a-db.b/lowdb'],
    ['{${env.HOST}}', '{db}'],
    ['${$env.HOST}', '$db'],
    // defaults, as in a shell
    ['{$env.NONE:-5432}', '5432'],
    ['{$env.HOST:-other}', 'db'],
    ['{$env.EMPTY:-other}', 'other'],
    ['${env.NONE:-a:-b c}', 'a:-b c'],
    ['x{$env.NONE:-}', 'x'],
    // an explicit empty default is meant
    ['{$env.NONE:-}', ''],
    // mounted files
    ['{$file./run/secrets/pw}', 's3cret'],
    ['${file./run/secrets/pw}!', 's3cret!'],
    ['{$file./none:-fallback}', 'fallback'],
    ['{$file./run/secrets/empty:-fallback}', 'fallback'],
    // the escape: a doubled dollar
    ['{$$env.HOST}', '{$env.HOST}'],
    ['$${env.HOST}', '${env.HOST}'],
    ['{$$$env.HOST}', '{$$env.HOST}'],
    ['{$$file./x} {$env.HOST}', '{$file./x} db'],
    ['{$$env.', '{$env.'],
    // what only looks similar
    ['pa$$word{$x}${HOME}$5{env.HOST}', 'pa$$word{$x}${HOME}$5{env.HOST}'],
    ['', ''],
    // a value is never read as a placeholder again
    ['{$env.SNEAKY}', '{$env.HOST}'],
    // not there
    ['{$env.NONE}', ['environment variable NONE is not set']],
    ['{$env.A}{$env.B}{$env.A}', ['environment variable A is not set', 'environment variable B is not set']],
    ['{$env.EMPTY}', ['environment variable EMPTY is not set (it is empty)']],
    ['x{$env.EMPTY}', 'x'],
    ['{$file./none}', ['file /none cannot be read: ENOENT']],
    ['{$file./locked:-fallback}', ['file /locked cannot be read: EACCES']],
    ['{$file./run/secrets/empty}', ['file /run/secrets/empty is empty']],
    // broken
    ['{$env.HOST', [ENV_SHAPE]],
    ['{$env.}', [ENV_SHAPE]],
    ['{$env.9X}', [ENV_SHAPE]],
    ['${env.A-B}', [ENV_SHAPE]],
    ['{$env.A:-{$env.B}}', ['malformed placeholder: a placeholder cannot stand inside another']],
    [
      '{$file.}',
      ['malformed placeholder: a placeholder is written {$file./path/of/file} or {$file./path/of/file:-default}'],
    ],
  ])('%j becomes %j', (text, expected) => expect(expand(text)).toEqual(expected));

  it('tells what is missing from what is wrong', () => {
    const kinds = ['{$env.NONE}', '{$env.EMPTY}', '{$file./none}', '{$file./locked}', '{$env.}'].map(
      (text) => expandPlaceholders(text, lookup).failures[0]?.missing,
    );
    expect(kinds).toEqual([true, true, true, false, false]);
  });

  it('knows which variables are in the text, and which are only named', () => {
    expect(expandPlaceholders('{$env.HOST}{$env.NONE:-x}{$file./run/secrets/pw}', lookup)).toMatchObject({
      variables: ['HOST'],
      fromFile: true,
    });
  });

  it('puts any value in unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const any = { ...lookup, variable: () => value };
        expect(expandPlaceholders('<{$env.X}|${env.X}>', any).text).toBe(`<${value}|${value}>`);
      }),
    );
  });

  it('loses no character of a text without placeholders', () => {
    const odd = fc.string({ unit: fc.constantFrom('{', '$', '}', 'e', 'n', 'v', '.', 'f', ':', '-', 'X') });
    fc.assert(
      fc.property(
        odd.filter((text) => !/env\.|file\./.test(text)),
        (text) => expect(expand(text)).toBe(text),
      ),
    );
  });

  it('reads back every text whose placeholders were escaped', () => {
    const pieces = fc.constantFrom('{$env.A}', '${env.A}', '{$$env.A}', '{$file./x}', ' plain ', '{$env.', '}');
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const text = parts.join(' ');
        const escaped = text.replace(/(\{\$+(?:env|file)\.)|(\$+\{(?:env|file)\.)/g, (found) =>
          found.replace('$', () => '$$'),
        );
        const tokens = parsePlaceholders(escaped);
        expect(tokens.every(({ kind }) => kind === 'text')).toBe(true);
        expect(expand(escaped)).toBe(text);
      }),
    );
  });
});
