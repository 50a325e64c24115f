// What the command line may say, and what it is told when it says something else.
import { describe, expect, it } from '@jest/globals';
import { OptionsError, parseOptions } from './options.js';

const NAMES = ['black-hole', 'restart'];

describe('the options of npm run faults', () => {
  it('are all scenarios in the long form, ours alone, when nothing is said', () => {
    expect(parseOptions([], NAMES)).toMatchObject({ only: [], rivals: false, short: false, workers: 1, docs: false });
  });

  it('take several scenarios by their names', () => {
    expect(parseOptions(['--only', 'restart,black-hole'], NAMES).only).toEqual(['restart', 'black-hole']);
  });

  it('take a family of scenarios by the beginning of their names, and one by its whole name', () => {
    const names = ['hole', 'hole-2s', 'bank-calm', 'bank-kills'];
    expect(parseOptions(['--only', 'bank,hole'], names).only).toEqual(['bank-calm', 'bank-kills', 'hole']);
    expect(() => parseOptions(['--only', 'ban'], names)).toThrow(OptionsError);
  });

  it('refuse a scenario that is none, an option that is none, a number that is none', () => {
    for (const args of [['--only', 'restrat'], ['--fast'], ['--workers', 'two']]) {
      expect(() => parseOptions(args, NAMES)).toThrow(OptionsError);
    }
  });
});
