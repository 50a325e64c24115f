// What a session remembers of its prepared statements: which goes when there is no room, and what is still to be closed.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { TEXT_RESULTS, type WireField } from '@hydrogen/wire';
import { NO_CODECS } from '../connection/type-options.js';
import { typeMapOf } from './decode.js';
import { PreparedStatements } from './prepared-statements.js';

const types = typeMapOf('pg', NO_CODECS);
const field = (name: string, typeOid: number): WireField => ({
  name,
  tableOid: 0,
  column: 0,
  typeOid,
  typeModifier: -1,
  format: 0,
});

describe('a session of three', () => {
  it('lets the least recently used one go', () => {
    const known = new PreparedStatements(3);
    const [a, b, c] = ['a', 'b', 'c'].map((text) => known.add(text));
    expect([a?.evicted, b?.evicted, c?.evicted]).toEqual([undefined, undefined, undefined]);
    known.find('a');
    expect(known.add('d').evicted?.text).toBe('b');
    expect(known.find('b')).toBeUndefined();
    expect(known.find('a')?.name).toBe(a?.added.name);
    expect(known.count).toBe(3);
  });

  it('gives each a name of its own, also the same text anew', () => {
    const known = new PreparedStatements(3);
    const first = known.add('a').added;
    known.forget(first, false);
    expect(known.find('a')).toBeUndefined();
    expect(known.add('a').added.name).not.toBe(first.name);
  });

  it('closes what the server still has before it takes more', () => {
    const known = new PreparedStatements(3);
    const stale = known.add('a').added;
    known.forget(stale, true);
    expect(known.add('a').evicted).toBe(stale);
    const { evicted } = (known.add('b'), known.add('c'), known.add('d'));
    expect(evicted?.text).toBe('a');
    known.keep(evicted!);
    known.forget(known.find('d')!, false);
    expect(known.add('e').evicted).toBe(evicted);
  });

  it('forgets one that is another by now only once', () => {
    const known = new PreparedStatements(3);
    const old = known.add('a').added;
    known.forget(old, false);
    const present = known.add('a').added;
    known.forget(old, true);
    expect(known.find('a')).toBe(present);
    expect(known.add('b').evicted).toBeUndefined();
  });

  it('that were all dropped knows those that are on their way', () => {
    const known = new PreparedStatements(3);
    known.add('a').added.describe(undefined, types);
    const late = known.add('b').added;
    known.clear();
    expect(known.find('a')).toBeUndefined();
    expect(known.find('b')).toBe(late);
  });
});

it('no more than so many are on the server, whatever happens', () => {
  const steps = fc.array(fc.tuple(fc.nat(12), fc.constantFrom('use', 'use', 'use', 'stale', 'gone', 'skipped')));
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (list, size) => {
      const known = new PreparedStatements(size);
      const server = new Set<string>();
      for (const [text, what] of list) {
        const found = known.find(`${text}`);
        if (found && what === 'stale') known.forget(found, true);
        else if (found && what === 'gone') known.forget(found, !server.delete(found.name));
        else if (!found) {
          const { added, evicted } = known.add(`${text}`);
          if (what === 'skipped') {
            // An error before it: neither was the one closed nor the other parsed.
            if (evicted) known.keep(evicted);
            known.forget(added, false);
          } else {
            if (evicted) server.delete(evicted.name);
            server.add(added.name);
          }
        }
        expect(server.size).toBeLessThanOrEqual(size);
        expect(known.count).toBeLessThanOrEqual(size);
      }
    }),
  );
});

describe('a description', () => {
  it('asks for the next results in the form that is better for each type', () => {
    const { added } = new PreparedStatements(3).add('a');
    expect(added.formats).toBe(TEXT_RESULTS);
    added.describe([field('i', 23), field('t', 25)], types);
    expect([...added.formats]).toEqual([0, 2, 0, 1, 0, 0]);
    expect(added.textShape?.fields.map(({ format }) => format)).toEqual([0, 0]);
    expect(added.shape?.fields.map(({ format }) => format)).toEqual([1, 0]);
  });

  it('of none but texts, or of no columns, asks for nothing else', () => {
    const known = new PreparedStatements(3);
    const [texts, none] = [known.add('a').added, known.add('b').added];
    texts.describe([field('t', 25)], types);
    none.describe(undefined, types);
    expect(texts.formats).toBe(TEXT_RESULTS);
    expect(texts.shape).toBe(texts.textShape);
    expect(none.described).toBe(true);
    expect(none.shape).toBeUndefined();
  });
});

it('a session of none prepares nothing', () => {
  expect(new PreparedStatements(0).enabled).toBe(false);
});
