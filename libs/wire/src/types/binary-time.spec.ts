// Binary times against postgres-date on the server's text of the same moment, in zones that break careless arithmetic.
import { afterAll, describe, expect, it } from '@jest/globals';
import { TranspiledLibrary } from '../../test-support/transpiled.js';

const SCRIPT = `
  import pgTypes from 'pg-types';
  import { createTypeMap } from './src/index.js';
  import { dateText, timestampText } from './src/types/server-text.js';
  import { int32, int64 } from './test-support/data-rows.js';
  const types = createTypeMap();
  const wrong = [];
  let checked = 0;
  const same = (a, b) => typeof a === 'number' || typeof b === 'number' ? Object.is(a, b)
    : a instanceof Date && b instanceof Date && Object.is(a.getTime(), b.getTime());
  function check(oid, bytes, text) {
    const ours = types.codecOf(oid).binary(bytes, 0, bytes.length);
    const theirs = pgTypes.getTypeParser(oid, 'text')(text);
    checked++;
    if (!same(ours, theirs) && wrong.length < 5) wrong.push([oid, text, String(+ours), String(+theirs)]);
  }
  function moment(micros) {
    const bytes = int64(BigInt.asIntN(64, micros));
    check(1184, bytes, timestampText(bytes, 0, '+00'));
    check(1114, bytes, timestampText(bytes, 0, ''));
  }
  function day(days) {
    const bytes = int32(days);
    check(1082, bytes, dateText(bytes, 0));
  }
  let seed = 12345;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  // Every ms boundary from both sides, in the past and in the future of 2000, and where doubles are coarse.
  for (const base of [0n, -86400_000000n, 8000000000_000000n, -8900000000_000000n, 20000000000_000000n])
    for (let ms = 0n; ms < 1000n; ms++) for (const us of [0n, 1n, 499n, 999n]) moment(base + ms * 1000n + us);
  // Around every change of a zone's clock: each hour of the days in question, each quarter for some.
  for (let i = 0; i < 24 * 366; i++) moment(BigInt(Date.UTC(2024, 0, 1) - 946684800000) * 1000n + BigInt(i) * 3600_000000n + 1n);
  for (let i = 0; i < 20000; i++) moment(BigInt(Math.round((random() - 0.5) * 2 ** 54)) * 1000n + BigInt(Math.floor(random() * 1e6)));
  for (let i = 0; i < 20000; i++) moment(BigInt(Math.round((random() - 0.5) * 2 ** 53)));
  for (let i = 0; i < 40000; i++) day(Math.floor(random() * 400 * 366 * 3) - 2000 * 365);
  // Years -2 to 102 day by day, the year 10000, and the ends of what a Date holds.
  for (let days = -731000; days < -692800; days++) { day(days); moment(BigInt(days) * 86400_000000n + 3_600_000001n); }
  for (let days = 2921500; days < 2922500; days++) { day(days); moment(BigInt(days) * 86400_000000n); }
  for (const edge of [8640000000000000, -8640000000000000])
    for (let hours = -40; hours < 40; hours++) moment((BigInt(edge) - 946684800000n + BigInt(hours) * 3600000n) * 1000n);
  for (const extreme of [0x7fffffffffffffffn, 0x7ffffffffffffffen, -0x8000000000000000n, -211813488000000000n]) moment(extreme);
  for (const extreme of [2147483647, -2147483648, 2145031948, -2451545, 0]) day(extreme);
  console.log(JSON.stringify({ checked, wrong }));`;

describe('binary times', () => {
  const library = new TranspiledLibrary();
  afterAll(() => library.close());

  it.each(['UTC', 'America/New_York', 'Europe/Dublin', 'Asia/Kathmandu', 'Pacific/Apia', 'Africa/Monrovia'])(
    'are the Dates of node-postgres to the millisecond in %s',
    (zone) => {
      const { checked, wrong } = library.run(SCRIPT, { zone }) as { checked: number; wrong: unknown[] };
      expect(wrong).toEqual([]);
      expect(checked).toBeGreaterThan(200_000);
    },
  );
});
