// Callers that each wait for their answer before they ask again: the concurrency is what is held, the rate what comes out.
import type { Figures } from '../metrics.js';
import { mean, percentile } from '../statistics.js';
import { startMeters } from './meters.js';

export type Operation = (caller: number, turn: number) => Promise<unknown>;

/** Each caller runs at least once, however long that takes. The first error ends all of them and is thrown. */
export async function closedLoop(operation: Operation, concurrency: number, ms: number): Promise<Figures> {
  const times: number[] = [];
  const failed = new AbortController();
  const stop = startMeters();
  const until = performance.now() + ms;
  const caller = async (id: number): Promise<void> => {
    let now = performance.now();
    for (let turn = 0; !failed.signal.aborted && (now < until || turn === 0); turn++) {
      const began = now;
      await operation(id, turn);
      now = performance.now();
      times.push(now - began);
    }
  };
  const callers = Array.from({ length: concurrency }, (_, id) =>
    caller(id).catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(callers);
  const reading = stop();
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  return {
    ...reading.figures(times.length),
    mean: mean(times),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}
