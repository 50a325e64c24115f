// The idle stack against a plain array.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { IdleStack, type Stackable } from './idle-stack.js';

class Item implements Stackable<Item> {
  above: Item | undefined;
  below: Item | undefined;
  constructor(readonly lastUsedAt: number) {}
}

describe('the idle stack', () => {
  it('does what an array would', () => {
    const step = fc.record({ act: fc.constantFrom('push', 'insert', 'remove'), n: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const stack = new IdleStack<Item>();
        const array: Item[] = [];
        for (const { act, n } of steps) {
          if (act === 'remove') {
            const [gone] = array.splice(n % (array.length || 1), 1);
            if (gone !== undefined) stack.remove(gone);
            continue;
          }
          const item = new Item(n);
          if (act === 'push') stack.push(item);
          else stack.insertByLastUse(item);
          const warmer = array.findIndex(({ lastUsedAt }) => lastUsedAt > n);
          array.splice(act === 'push' || warmer < 0 ? array.length : warmer, 0, item);
        }
        expect(stack.coldestFirst()).toEqual(array);
        expect(stack.size).toBe(array.length);
        expect(stack.top).toBe(array.at(-1));
        expect(stack.find(({ lastUsedAt }) => lastUsedAt % 2 === 0)).toBe(
          array.findLast(({ lastUsedAt }) => lastUsedAt % 2 === 0),
        );
      }),
    );
  });
});
