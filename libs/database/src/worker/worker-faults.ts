// How a worker misbehaves when a test tells it to, so that a death is a real one. It is reachable only in a worker whose
// supervisor was made with `faults`; nothing else may call it.
import type { WorkerFault } from './messages.js';

export function misbehave(what: WorkerFault): void {
  switch (what) {
    case 'throw':
      throw new Error('a fault that was asked for');
    case 'reject':
      void Promise.reject(new Error('a rejection that was asked for'));
      return;
    case 'exit':
      return process.exit(7);
    case 'memory':
      return eat();
    default:
      for (;;);
  }
}

/** In large pieces, so that it does not take so long that the watch ends it first. */
function eat(): void {
  const eaten: number[][] = [];
  for (;;) eaten.push(Array<number>(200_000).fill(0.5));
}
