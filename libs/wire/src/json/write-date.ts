// Instants as Date.prototype.toISOString writes them, without the Date. What a Date cannot hold is null, as in JSON.
import { EPOCH_MS, civil, setCivil } from '../types/calendar.js';
import type { GrowingBytes } from '../types/growing-bytes.js';

const DAY_MS = 86_400_000;
const MAX_DATE_MS = 8.64e15;
const YEAR_0 = Date.parse('0000-01-01T00:00:00Z');
const YEAR_10000 = Date.parse('+010000-01-01T00:00:00Z');

/** `value` as rows have it: a Date, or ±Infinity. */
export function writeDate(out: GrowingBytes, value: Date | number): void {
  writeInstant(out, typeof value === 'number' ? value : value.getTime());
}

/** ms since 1970, of any size, or NaN. */
export function writeInstant(out: GrowingBytes, ms: number): void {
  if (!(Math.abs(ms) <= MAX_DATE_MS)) {
    out.ascii('null');
    return;
  }
  if (ms < YEAR_0 || ms >= YEAR_10000) {
    out.ascii(`"${new Date(ms).toISOString()}"`);
    return;
  }
  const days = Math.floor((ms - EPOCH_MS) / DAY_MS);
  const ofDay = ms - EPOCH_MS - days * DAY_MS;
  setCivil(days);
  out.reserve(26);
  out.byte(0x22);
  out.padded(civil.year, 4);
  out.byte(0x2d);
  out.padded(civil.month + 1, 2);
  out.byte(0x2d);
  out.padded(civil.day, 2);
  out.byte(0x54);
  out.padded((ofDay / 3_600_000) | 0, 2);
  out.byte(0x3a);
  out.padded(((ofDay / 60_000) | 0) % 60, 2);
  out.byte(0x3a);
  out.padded(((ofDay / 1000) | 0) % 60, 2);
  out.byte(0x2e);
  out.padded(ofDay % 1000, 3);
  out.byte(0x5a);
  out.byte(0x22);
}
