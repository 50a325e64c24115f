// Taking a connection from the pool and giving it back, with nothing done in between.
import { closedLoop } from '../contestant/closed-loop.js';
import type { WorkFactory } from '../contestant/work.js';

export const acquireWork: WorkFactory = ({ driver, spec }) => ({
  once: () => driver.cycle(),
  round: (ms) => closedLoop(() => driver.cycle(), spec.concurrency, ms),
});
