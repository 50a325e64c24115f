// A result that no memory should hold, read row by row. What counts is how far the process grows above its idle size.
import { startMeters } from '../contestant/meters.js';
import type { WorkFactory } from '../contestant/work.js';
import { TINY, WIDE, WIDE_BYTES } from '../data.js';
import type { Driver, Row } from '../drivers/driver.js';
import { available } from './rows.work.js';

const FULL_BYTES = 2 ** 30;
/** A leak shows in an eighth as well; `--quick` has no time for more. */
const QUICK_BYTES = FULL_BYTES / 8;
const CHECKED_ROWS = 2000;
const MB = 1024 * 1024;

export const memoryWork: WorkFactory = async ({ driver, quick }) => {
  const stream = streamOf(driver);
  await driver.rows(TINY, [1]); // connected, and otherwise idle
  const idle = process.memoryUsage.rss();
  const count = Math.ceil((quick ? QUICK_BYTES : FULL_BYTES) / WIDE_BYTES);
  const read = async (rows: number): Promise<void> => {
    let seen = 0;
    for await (const row of stream(rows)) seen += row['payload'] === undefined ? 0 : 1;
    if (seen !== rows) throw new Error(`${seen} rows came instead of ${rows}`);
  };
  return {
    async check() {
      const rows: Row[] = [];
      for await (const row of stream(CHECKED_ROWS)) rows.push(row);
      return rows;
    },
    async round() {
      const stop = startMeters();
      await read(count);
      const { rate = 0, clientCpu: _client, mainCpu: _main, rss = 0, ...figures } = stop().figures(1);
      return { ...figures, rss, rssAbove: rss - idle / MB, p50: 1000 / rate };
    },
  };
};

function streamOf(driver: Driver): (rows: number) => AsyncIterable<Row> {
  if (driver.stream) return (rows) => driver.stream?.(WIDE, [rows]) as AsyncIterable<Row>;
  const ours = available(driver, 'stream');
  return (rows) => ours.stream(WIDE.text, [rows]);
}
