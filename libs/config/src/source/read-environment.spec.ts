// The private map: what is in it, what wins, and that nothing leaves it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { failureOf, inTemporaryFolder } from '../../test-support/fixtures.js';
import { readEnvironment, variableOf } from './read-environment.js';

describe('readEnvironment', () => {
  afterEach(() => {
    delete process.env['HYDROGEN_SPEC_A'];
  });

  it('puts .env under process.env and writes nothing back', () => {
    inTemporaryFolder((folder) => {
      writeFileSync(join(folder, '.env'), "HYDROGEN_SPEC_A=file\nHYDROGEN_SPEC_B='pa$$ # word'\nHYDROGEN_SPEC_C=\n");
      process.env['HYDROGEN_SPEC_A'] = 'process';
      const before = { ...process.env };
      expect(readEnvironment(folder)).toMatchObject({
        HYDROGEN_SPEC_A: 'process',
        HYDROGEN_SPEC_B: 'pa$$ # word',
        HYDROGEN_SPEC_C: '',
      });
      expect({ ...process.env }).toEqual(before);
    });
  });

  it('is process.env alone where there is no .env', () => {
    inTemporaryFolder((folder) => expect(readEnvironment(folder)).toEqual({ ...process.env }));
  });

  it('does not pass over an .env that cannot be read', () => {
    inTemporaryFolder((folder) => {
      mkdirSync(join(folder, '.env'));
      expect(failureOf(() => readEnvironment(folder)).message).toBe(`${join(folder, '.env')}: cannot be read: EISDIR`);
    });
  });
});

describe('variableOf', () => {
  it('finds no variable that an object merely inherits', () => {
    expect(['constructor', 'toString', '__proto__'].map((name) => variableOf({}, name))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(variableOf({ constructor: 'x' } as never, 'constructor')).toBe('x');
  });
});
