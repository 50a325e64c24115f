// What a round costs the process it runs in: time, CPU of the process and of its main thread, event loop delay, memory.
// Reads the system's own counters; where there are none, the figure is left out rather than guessed.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Figures } from '../metrics.js';

const RSS_EVERY_MS = 20;
const MB = 1024 * 1024;

export interface Reading {
  readonly seconds: number;
  /** Figures of `units` of work. */
  figures(units: number): Figures;
}

/** Begins to measure; the function ends it. */
export function startMeters(): () => Reading {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let rss = process.memoryUsage.rss();
  const sample = (): void => {
    rss = Math.max(rss, process.memoryUsage.rss());
  };
  const sampling = setInterval(sample, RSS_EVERY_MS);
  delay.enable();
  const main = mainThreadCpu();
  const cpu = process.cpuUsage();
  const began = performance.now();
  return () => {
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const mainNow = mainThreadCpu();
    delay.disable();
    clearInterval(sampling);
    sample();
    return {
      seconds,
      figures: (units) => ({
        rate: units / seconds,
        clientCpu: (user + system) / units,
        ...(main !== undefined && mainNow !== undefined && { mainCpu: (mainNow - main) / units }),
        // A loop that never came to its timer has recorded nothing at all.
        ...(delay.count > 0 && { delayP99: delay.percentile(99) / 1e6, delayMax: delay.max / 1e6 }),
        rss: rss / MB,
      }),
    };
  };
}

/** Microseconds on a CPU since its start; Linux alone tells it by thread. The main thread's id is the process's. */
export function mainThreadCpu(): number | undefined {
  try {
    const [nanoseconds = ''] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1000;
  } catch {
    return undefined;
  }
}
