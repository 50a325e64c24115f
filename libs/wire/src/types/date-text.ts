// Date, timestamp and timestamptz text, several times faster than postgres-date and by the same calls of Date. It reads the
// everyday form, years 0100 to 9999 of ISO text, and leaves all else to that parser: BC, infinity, long years, other styles.

const DASH = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const DOT = 0x2e;
const PLUS = 0x2b;
const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** A parser equal to `rest`, which must be postgres-date behind pg-types. */
export function dateParser(rest: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    const year = two(text, 0) * 100 + two(text, 2);
    const month = two(text, 5) - 1;
    const day = two(text, 8);
    if (!(year >= 100) || !(month + day >= -1) || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH)
      return rest(text);
    if (text.length === 10) return new Date(year, month, day);
    return dateTime(text, year, month, day) ?? rest(text);
  };
}

/** From the space after the date on; undefined for what is not in the everyday form. */
function dateTime(text: string, year: number, month: number, day: number): Date | undefined {
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  if (!(hour + minute + second >= 0) || text.charCodeAt(10) !== SPACE) return undefined;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined;
  let at = 19;
  let ms = 0;
  if (text.charCodeAt(at) === DOT) {
    const start = ++at;
    let fraction = 0;
    for (let digit; (digit = text.charCodeAt(at) - 0x30) >= 0 && digit <= 9; at++) fraction = fraction * 10 + digit;
    const digits = at - start;
    if (digits === 0 || digits > 6) return undefined;
    // The quotient is the double nearest to the fraction, as parseFloat gives it; Date cuts the product.
    ms = 1000 * (fraction / POWERS[digits]!);
  }
  if (at === text.length) return new Date(year, month, day, hour, minute, second, ms);
  const offset = offsetMs(text, at);
  return offset === undefined ? undefined : new Date(Date.UTC(year, month, day, hour, minute, second, ms) - offset);
}

/** `+02`, `-03:30`, `-04:56:02`, up to the end. */
function offsetMs(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at);
  let seconds = two(text, at + 1) * 3600;
  let end = at + 3;
  for (let unit = 60; unit > 0 && text.charCodeAt(end) === COLON; unit = unit === 60 ? 1 : 0, end += 3)
    seconds += two(text, end + 1) * unit;
  if ((sign !== PLUS && sign !== DASH) || end !== text.length || !(seconds >= 0)) return undefined;
  return sign === PLUS ? seconds * 1000 : seconds * -1000;
}

/** Two digits, or NaN. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
