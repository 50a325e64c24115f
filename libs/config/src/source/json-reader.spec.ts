// Our reader agrees with JSON.parse about every text, and in addition says where a fault is.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonFault, readJson } from './json-reader.js';

function faultOf(text: string): JsonFault {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
  throw new Error('expected a fault');
}

const accepts = (parse: (text: string) => unknown, text: string): boolean => {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('readJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, '\t', '\r\n'), (value, space) => {
        const text = JSON.stringify(value, null, space as number);
        expect(JSON.stringify(readJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 2 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '\\', '}', ']', '0', '-', '.', '\n', '\u0001'),
      )
      .map(([text, seed, junk]) => {
        const at = seed % (text.length + 1);
        return text.slice(0, at) + junk + text.slice(at + (seed % 2));
      });
    fc.assert(
      fc.property(damaged, (text) => {
        // Equal keys are the one thing that only we refuse.
        const doubled = !accepts(readJson, text) && faultOf(text).message.endsWith('for the second time');
        if (accepts(JSON.parse, text)) expect(doubled || accepts(readJson, text)).toBe(true);
        else expect(accepts(readJson, text)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['', 1, 1, 'expected a value'],
    ['{', 1, 2, 'expected a key in double quotes'],
    ['{\n  "A": 1,\n  }', 3, 3, 'expected a key in double quotes'],
    ['{\n  "A" 1}', 2, 7, 'expected a colon'],
    ['{"A": 1 "B": 2}', 1, 9, 'expected a comma or a closing brace'],
    ['[1, 2', 1, 6, 'expected a comma or a closing bracket'],
    ['{"A": tru}', 1, 7, 'expected a value'],
    ['{"A": 1} x', 1, 10, 'expected nothing more after the document'],
    ['{\r\n"A": "one\nline"}', 2, 10, 'expected the closing quote of a string'],
    ['{"A": "\\x41"}', 1, 8, 'unknown escape in a string'],
    ['{"A": 1,\n "B": {"C": 1, "C": 2}}', 2, 16, 'the key "C" stands here for the second time'],
    ['['.repeat(200), 1, 102, 'nested deeper than 100'],
  ])('%j is wrong at %i:%i', (text, line, column, reason) => {
    const fault = faultOf(text);
    expect([fault.line, fault.column, fault.message]).toEqual([line, column, reason]);
  });

  it('accepts a byte order mark', () => expect(readJson('\uFEFF[1]')).toEqual([1]));

  it('keeps __proto__ as a key like any other', () => {
    const value = readJson('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads a string of a megabyte', () => {
    expect((readJson(JSON.stringify('x\\'.repeat(500_000))) as string).length).toBe(1_000_000);
  });
});
