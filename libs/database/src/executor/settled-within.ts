// Waits for something that must not be waited for longer than so long.
import type { Clock } from '@hydrogen/pool';

/** False when `ms` are over first. @param work must not reject */
export function settledWithin(work: Promise<void>, ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, () => resolve(false));
    void work.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
