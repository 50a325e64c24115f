// Binary date, timestamp and timestamptz as the values that node-postgres makes of the server's text, quirks included:
// microseconds are cut the way a product of doubles cuts them, years below 100 are set afterwards, infinity is a number.
// It must not be cleverer than postgres-date: equal is the promise.
import type { Buffer } from 'node:buffer';
import { EPOCH_MS, civil, setCivil } from './calendar.js';
import { int32At, uint32At } from './numbers.js';

/** Whole seconds since 2000 and microseconds of the second, of the timestamp last split. */
const split = { seconds: 0, micros: 0 };

/** False for infinity and -infinity, which have no fields. */
function splitMicros(high: number, low: number): boolean {
  if (high < 0x1fffff && high >= -0x1fffff) {
    // Years 1715 to 2285: a double holds the microseconds, and the quotient is never rounded up to the next second, for
    // doubles below 2^34 are less than 2 µs apart.
    const total = high * 4_294_967_296 + low;
    split.seconds = Math.floor(total / 1_000_000);
    split.micros = total - split.seconds * 1_000_000;
    return true;
  }
  if (high === 0x7fffffff && low === 0xffffffff) return false;
  if (high === -0x80000000 && low === 0) return false;
  const total = (BigInt(high) << 32n) | BigInt(low);
  const micros = ((total % 1_000_000n) + 1_000_000n) % 1_000_000n;
  split.micros = Number(micros);
  split.seconds = Number((total - micros) / 1_000_000n);
  return true;
}

/** Milliseconds since 1970 of the fields, taken as UTC; ±Infinity. May be more than a Date can hold. */
export function timestampMsAt(b: Buffer, p: number): number {
  const high = int32At(b, p);
  if (!splitMicros(high, uint32At(b, p + 4))) return high < 0 ? -Infinity : Infinity;
  return split.seconds * 1000 + Math.trunc(1000 * (split.micros / 1_000_000)) + EPOCH_MS;
}

/**
 * postgres-date makes 29 February of 1 BC in the year 1900, which had no such day: it becomes 1 March. Which instants that
 * are depends on the session's zone, which the binary form does not tell; here it is UTC's, the one known difference.
 */
const LEAP_DAY_OF_1_BC = Date.parse('0000-02-29T00:00:00Z');
const DAY_MS = 86_400_000;

/** timestamptz: the instant. */
export function timestamptzAt(b: Buffer, p: number): Date | number {
  return instantOfMs(timestampMsAt(b, p));
}

/** A timestamptz out of its `timestampMsAt`. */
export function instantOfMs(ms: number): Date | number {
  return ms === Infinity || ms === -Infinity ? ms : new Date(instantMs(ms));
}

/** The ms of that Date, if one can hold them. */
export function instantMs(ms: number): number {
  return ms >= LEAP_DAY_OF_1_BC && ms < LEAP_DAY_OF_1_BC + DAY_MS ? ms + DAY_MS : ms;
}

/** timestamp: these fields in the zone of the process, as `new Date(2024, 0, 31, …)` reads them. */
export function timestampAt(b: Buffer, p: number): Date | number {
  return localOfMs(timestampMsAt(b, p));
}

/** A timestamp out of its `timestampMsAt`. */
export function localOfMs(ms: number): Date | number {
  if (ms === Infinity || ms === -Infinity) return ms;
  const days = Math.floor((ms - EPOCH_MS) / DAY_MS);
  return localDate(days, ms - EPOCH_MS - days * DAY_MS);
}

/** date: midnight in the zone of the process. */
export function dateAt(b: Buffer, p: number): Date | number {
  return dateOfDays(int32At(b, p));
}

export function dateOfDays(days: number): Date | number {
  if (days === 0x7fffffff) return Infinity;
  if (days === -0x80000000) return -Infinity;
  return localDate(days, 0);
}

/** Day from 2000-01-01 and ms of the day. */
function localDate(days: number, ms: number): Date {
  setCivil(days);
  const year = civil.year;
  // The constructor carries 86,399,999 ms over into hours and minutes of the local day exactly as if they were given apart.
  const date = new Date(year, civil.month, civil.day, 0, 0, 0, ms);
  if (year >= 0 && year < 100) date.setFullYear(year);
  return date;
}
