// Numbers against the parsers of node-postgres and the accessors of Buffer, which are slower and known.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { float8, int16, int32, int64 } from '../../test-support/data-rows.js';
import { bigInt64At, float8At, int16At, int32At, int8TextAt, uint32At } from './numbers.js';

const EDGES = [31n, 32n, 52n, 53n, 62n].flatMap((bits) =>
  [-1n, 0n, 1n].flatMap((d) => [2n ** bits + d, -(2n ** bits) + d]),
);
const int8 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
  fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), ...EDGES),
);

describe('numbers in binary form', () => {
  it('are the 64 bit integers and their digits', () => {
    fc.assert(
      fc.property(int8, (value) => {
        expect(bigInt64At(int64(value), 0)).toBe(value);
        expect(int8TextAt(int64(value), 0)).toBe(String(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('are the small integers, with and without sign', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(int32At(int32(value), 0)).toBe(value);
        expect(uint32At(int32(value), 0)).toBe(value >>> 0);
        expect(int16At(int16((value << 16) >> 16), 0)).toBe((value << 16) >> 16);
      }),
    );
  });

  it('are the floats, -0, NaN and infinities among them', () => {
    fc.assert(fc.property(fc.double(), (value) => expect(float8At(float8(value), 0)).toBe(value)));
  });
});
