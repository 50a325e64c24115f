// The fast parser of dates against the slow one it stands in front of, on dates, near-dates and rubbish.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import pgTypes from 'pg-types';
import { dateParser } from './date-text.js';

const theirs = pgTypes.getTypeParser(1184, 'text') as (text: string) => unknown;
let rests = 0;
const ours = dateParser((text) => {
  rests++;
  return theirs(text);
});

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
const maybe = (part: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), part);
const two = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((n) => String(n).padStart(2, '0')),
  digits(2),
);
const zone = fc
  .tuple(fc.constantFrom('+', '-'), two, maybe(two.map((n) => `:${n}`)), maybe(two.map((n) => `:${n}`)))
  .map((p) => p.join(''));
const fraction = fc
  .integer({ min: 1, max: 7 })
  .chain(digits)
  .map((d) => `.${d}`);
const time = fc
  .tuple(two, two, two, maybe(fraction), maybe(fc.oneof(zone, fc.constantFrom('+00', 'Z', '-00'))))
  .map(([h, m, s, f, z]) => ` ${h}:${m}:${s}${f}${z}`);
const date = fc
  .tuple(fc.oneof(digits(4), digits(5), fc.constantFrom('2024', '0099', '0100', '1900')), two, two)
  .map((p) => p.join('-'));
const moment = fc.tuple(date, maybe(time), fc.constantFrom('', '', '', ' BC', ' ')).map((p) => p.join(''));
const spoilt = fc.tuple(moment, fc.nat(), fc.string({ minLength: 1, maxLength: 1 })).map(([text, at, char]) => {
  const index = at % (text.length + 1);
  return text.slice(0, index) + char + text.slice(index + 1);
});
const shown = (value: unknown): unknown => (value instanceof Date ? `Date ${value.getTime()}` : value);

describe('dates in text form', () => {
  it('are what postgres-date makes of them, sane or not', () => {
    fc.assert(
      fc.property(fc.oneof(moment, moment, spoilt, fc.constantFrom('infinity', '-infinity', '')), (text) => {
        expect(shown(ours(text))).toBe(shown(theirs(text)));
      }),
      { numRuns: 5000 },
    );
  });

  it('are cut to milliseconds alike for every microsecond of a dense sample', () => {
    for (let us = 0; us < 1_000_000; us += 7) {
      const text = `2024-01-31 12:00:00.${String(us).padStart(6, '0')}+00`;
      if ((ours(text) as Date).getTime() !== (theirs(text) as Date).getTime()) throw new Error(text);
    }
  });

  it('of the everyday form never reach the slow parser', () => {
    rests = 0;
    for (const text of [
      '2024-01-31',
      '2024-01-31 12:34:56',
      '1999-12-31 23:59:59.999999-03:30',
      '1850-01-01 00:00:00-04:56:02',
    ])
      ours(text);
    expect(rests).toBe(0);
  });
});
