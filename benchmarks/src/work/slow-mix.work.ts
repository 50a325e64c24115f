// Fast lookups among slow queries: what a caller of a fast one waits while two loops of 50 ms queries run beside it.
// The lookups come in bursts at fixed times, whether the ones before were answered or not: open, not closed.
import { setTimeout as sleep } from 'node:timers/promises';
import { startMeters } from '../contestant/meters.js';
import type { WorkFactory } from '../contestant/work.js';
import { LOOKUP, SLEEP } from '../data.js';
import { percentile } from '../statistics.js';

const SLOW_LOOPS = 2;
const BURST = 32;
const EVERY_MS = 25;

export const slowMixWork: WorkFactory = ({ driver }) => ({
  check: () => driver.rows(LOOKUP, [7]),
  async round(ms) {
    const until = performance.now() + ms;
    const times: number[] = [];
    const lookup = async (id: number): Promise<void> => {
      const began = performance.now();
      await driver.rows(LOOKUP, [id]);
      times.push(performance.now() - began);
    };
    const slowLoop = async (): Promise<void> => {
      while (performance.now() < until) await driver.rows(SLEEP, []);
    };
    const stop = startMeters();
    const running: Promise<unknown>[] = Array.from({ length: SLOW_LOOPS }, slowLoop);
    for (let turn = 0; performance.now() < until; turn++) {
      const burst = Array.from({ length: BURST }, (_, index) => lookup(1 + ((turn * BURST + index) % 10_000)));
      const settled = Promise.all(burst);
      settled.catch(() => {}); // told at the end, with all others
      running.push(settled);
      await sleep(EVERY_MS);
    }
    await Promise.all(running);
    const { rate: _rate, ...figures } = stop().figures(times.length);
    // The rate is the bursts' own, so it says nothing about the contestant.
    return { ...figures, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  },
});
