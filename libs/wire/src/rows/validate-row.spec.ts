// Whole rows pass, and everything else is a WireError: a mutated row never reads past its end or fails in another way.
import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Cell, dataRow } from '../../test-support/data-rows.js';
import { WireError } from '../errors/wire.error.js';
import { validateRow } from './validate-row.js';

const body = (cells: Cell[]): Buffer => dataRow(cells).subarray(5);
const cells = fc.array(fc.option(fc.uint8Array({ maxLength: 9 })), { maxLength: 6 });

describe('validateRow', () => {
  it('passes every well-formed row, wherever it stands in its buffer', () => {
    fc.assert(
      fc.property(cells, fc.nat(5), (row, shift) => {
        const bytes = Buffer.concat([Buffer.alloc(shift, 7), body(row), Buffer.alloc(shift, 9)]);
        validateRow(bytes, shift, bytes.length - shift, row.length);
      }),
    );
  });

  it('refuses a row that is cut, longer than its cells, or has another number of cells', () => {
    fc.assert(
      fc.property(cells, fc.nat(), (row, at) => {
        const bytes = body(row);
        const refused = (end: number, columns: number) =>
          expect(() => validateRow(Buffer.concat([bytes, Buffer.alloc(9)]), 0, end, columns)).toThrow(WireError);
        refused(at % bytes.length, row.length);
        refused(bytes.length + 1 + (at % 8), row.length);
        refused(bytes.length, row.length + 1);
        if (row.length > 0) refused(bytes.length, row.length - 1);
      }),
    );
  });

  it('refuses a negative length that is not NULL, and one near the end of 32 bits', () => {
    for (const length of [-2, -0x80000000, 0x7fffffff, 1]) {
      const bytes = body([null]);
      bytes.writeInt32BE(length, 2);
      expect(() => validateRow(bytes, 0, bytes.length, 1)).toThrow(WireError);
    }
  });

  it('meets any change of bytes with nothing, or a WireError', () => {
    fc.assert(
      fc.property(cells, fc.nat(), fc.nat(255), (row, at, byte) => {
        const bytes = body(row);
        bytes[at % bytes.length] = byte;
        try {
          validateRow(bytes, 0, bytes.length, row.length);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
