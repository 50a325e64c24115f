// Bytes that grow at the end, and ASCII digits written straight into them. What is taken out is always a copy of its own
// size: the room that is left over stays here for the next batch.
import { Buffer } from 'node:buffer';
import { int32At, int8TextAt, uint32At } from './numbers.js';

export class GrowingBytes {
  data: Buffer;
  length = 0;

  constructor(capacity = 1024) {
    this.data = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes sure that so many bytes more can be written at `length` without a look at the end. */
  reserve(more: number): void {
    if (this.length + more <= this.data.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.data.length * 2, this.length + more));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  append(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    // Below some thirty bytes a loop is cheaper than the call.
    if (length > 32) bytes.copy(this.data, this.length, start, end);
    else for (let i = 0, at = this.length; i < length; i++) this.data[at + i] = bytes[start + i]!;
    this.length += length;
  }

  byte(value: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = value;
  }

  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.data[this.length + i] = text.charCodeAt(i);
    this.length += text.length;
  }

  utf8(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.data.write(text, this.length, 'utf8');
  }

  /** The digits of an integer that a double holds exactly, up to 2^53. */
  integer(value: number): void {
    this.reserve(20);
    let rest = value;
    if (rest < 0) {
      this.data[this.length++] = 0x2d;
      rest = -rest;
    }
    if (rest >= 1_000_000_000) {
      // Whole numbers that fit 32 bits are divided as integers; a double would be several times slower.
      const high = Math.floor(rest / 1_000_000_000);
      this.#small(high);
      this.padded(rest - high * 1_000_000_000, 9);
    } else this.#small(rest);
  }

  /** The digits of an int8 in binary form. */
  int8(bytes: Buffer, start: number): void {
    const high = int32At(bytes, start);
    if (high < 0x1fffff && high >= -0x1fffff) this.integer(high * 4_294_967_296 + uint32At(bytes, start + 4));
    else this.ascii(int8TextAt(bytes, start));
  }

  /** `digits` digits of a number below 2^31, with leading zeros. The room must be reserved. */
  padded(value: number, digits: number): void {
    let rest = value | 0;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const tenth = (rest / 10) | 0;
      this.data[at] = 0x30 + rest - tenth * 10;
      rest = tenth;
    }
    this.length += digits;
  }

  /** An own buffer of just these bytes, transferable; what was written is forgotten. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.length);
    taken.set(this.data.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  #small(value: number): void {
    let digits = 1;
    for (let limit = 10; limit <= value; limit *= 10) digits++;
    this.padded(value, digits);
  }
}
