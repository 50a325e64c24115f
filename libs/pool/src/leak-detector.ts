// Finds exclusive leases that are out too long and reports each once. It takes nothing back: slow work is not a crime.
// Standing and kept leases are out for good by design and are passed over.
import type { PoolCore } from './pool-core.js';

export class LeakDetector<T extends object> {
  constructor(private readonly core: PoolCore<T>) {}

  /** Reports, and returns when the next lease falls due (Infinity: none). Leases are kept oldest first, so it stops early. */
  scan(now: number): number {
    for (const { loan } of this.core.entries.leased) {
      if (loan === undefined || loan.standing || loan.kept || loan.leakReported) continue;
      const dueAt = loan.acquiredAt + this.core.leakMs;
      if (dueAt > now) return dueAt;
      loan.leakReported = true;
      this.core.leaked++;
      this.core.observer.leaked(now - loan.acquiredAt, loan.stack);
    }
    return Infinity;
  }
}
