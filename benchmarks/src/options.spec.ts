// The command line: what is understood, and what is refused with a word about it.
import { describe, expect, it } from '@jest/globals';
import { chosen, HELP, OptionsError, parseOptions } from './options.js';

const CASES = ['tiny-c64', 'tiny-c10', 'memory'];
const parse = (...args: string[]) => parseOptions(args, CASES);

describe('parseOptions', () => {
  it('measures everything in full when nothing is said', () => {
    expect(parse()).toEqual({
      quick: false,
      only: [],
      rounds: undefined,
      json: undefined,
      docs: false,
      check: false,
      server: undefined,
      from: [],
      list: false,
      help: false,
    });
  });

  it('takes each option, and --only and --from several times', () => {
    const server = 'postgres://me@there/db';
    expect(
      parse(
        '--quick',
        '--only',
        'tiny',
        '--only=memory',
        '--rounds',
        '7',
        '--json',
        'x.json',
        '--docs',
        '--server',
        server,
      ),
    ).toMatchObject({ quick: true, only: ['tiny', 'memory'], rounds: 7, json: 'x.json', docs: true, server });
    expect(parse('--from', 'a', '--from', 'b')).toMatchObject({ from: ['a', 'b'] });
    expect(parse('--check', '--list', '--help')).toMatchObject({ check: true, list: true, help: true });
  });

  it.each<[string, string[], RegExp]>([
    ['an unknown option', ['--fast'], /--fast/],
    ['a word without an option', ['tiny-c64'], /tiny-c64/],
    ['an option without its value', ['--json'], /--json/],
    ['a value for an option that has none', ['--quick=yes'], /--quick/],
    ['a case that is not there', ['--only', 'huge'], /--only huge.*tiny-c64, tiny-c10, memory/],
    ['the middle of a name', ['--only', 'c64'], /--only c64/],
    ['no rounds', ['--rounds', '0'], /--rounds 0/],
    ['too many rounds', ['--rounds', '101'], /--rounds 101/],
    ['half a round', ['--rounds', '1.5'], /--rounds 1.5/],
    ['rounds in hexadecimal', ['--rounds', '0x5'], /--rounds 0x5/],
    ['a server that is no URL', ['--server', 'localhost:5432'], /--server/],
    ['a check of what is not measured', ['--from', 'a', '--check'], /--from/],
  ])('refuses %s', (_, args, words) => {
    expect(() => parse(...args)).toThrow(OptionsError);
    expect(() => parse(...args)).toThrow(words);
  });

  it('tells of every option in its help', () => {
    for (const name of Object.keys(parse())) expect(HELP).toContain(`--${name}`);
  });
});

it('chosen takes cases by name and by the beginning of it, in their own order', () => {
  const cases = CASES.map((name) => ({ name }));
  const names = (only: string[]): string[] => chosen(cases, only).map(({ name }) => name);
  expect(names([])).toEqual(CASES);
  expect(names(['memory', 'tiny'])).toEqual(CASES);
  expect(names(['tiny-c1'])).toEqual(['tiny-c10']);
});
