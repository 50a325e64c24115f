// How long a cancelled statement's connection is kept for the statement to end: the limit, while the server answers anybody.
// A server that is silent to all is most likely behind a network that swallows everything, where no cancel arrives either;
// what such connections keep from the pool are the places in which it would find out that the network is back.
import type { Clock } from '@hydrogen/pool';

/** Of silence. A cancel is answered in a round trip and a fork of the server: milliseconds, tens of them when it is busy. */
const SILENT_MS = 200;
/** After it, for a stall of this event loop is no silence of the server: what has arrived is read between two timers. */
const READ_MS = 50;

export interface CancelPatience {
  readonly clock: Clock;
  /** Longest wait, milliseconds. */
  readonly limitMs: number;
  /** Grows with each answer of the server, to whomever. */
  readonly answers: () => number;
}

/** False when the wait is over first. @param work must not reject */
export async function settledInTime(work: Promise<void>, patience: CancelPatience): Promise<boolean> {
  const { clock, limitMs, answers } = patience;
  const before = answers();
  let left = limitMs;
  for (const part of [SILENT_MS, READ_MS]) {
    const ms = Math.min(part, left);
    left -= ms;
    if (ms > 0 && (await within(work, ms, clock))) return true;
  }
  return left > 0 && answers() !== before && within(work, left, clock);
}

function within(work: Promise<void>, ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, () => resolve(false));
    void work.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
