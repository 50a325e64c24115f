// The days of PostgreSQL as years, months and days of the proleptic Gregorian calendar, which both the server and
// JavaScript use. Arithmetic only: no Date, no zone.

/** Milliseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01. */
export const EPOCH_MS = 946_684_800_000;

/**
 * The last day that was asked for. It is one object for all, and two fields of it were read before anybody could ask
 * again: a date of its own per cell would be the dearest part of reading it.
 */
export const civil = { year: 0, month: 0, day: 0 };

/** Sets `civil` for a day counted from 2000-01-01. Year 0 is 1 BC; `month` counts from 0. */
export function setCivil(days: number): void {
  // Years that begin in March have their leap day last; 730,425 days lie between 0000-03-01 and 2000-01-01.
  const shifted = days + 730_425;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  civil.day = dayOfYear - Math.floor((153 * march + 2) / 5) + 1;
  civil.month = march < 10 ? march + 2 : march - 10;
  civil.year = yearOfEra + era * 400 + (march < 10 ? 0 : 1);
}
