// What a process holds at an instant: for finding out what grows. Reads only; the collection of garbage is forced before it.
import { setImmediate as turn } from 'node:timers/promises';

export interface Vitals {
  readonly heapMb: number;
  readonly rssMb: number;
  /** Of sockets, servers, threads' ports and the like. */
  readonly handles: number;
  readonly timers: number;
  /** On `process` itself: what libraries forget to take away. */
  readonly listeners: number;
}

export async function takeVitals(): Promise<Vitals> {
  // Twice, with a turn between: what finalizers free is collected by the second.
  for (let n = 0; n < 2; n++) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return { heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20, handles: resources.length - timers, timers, listeners };
}
