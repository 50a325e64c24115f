// Counts what the pool tells. It is on the way of every lend, so it adds and keeps, and does nothing else.
import { CLOSE_REASONS, type CloseReason, type PoolObserver, type Step } from '@hydrogen/pool';
import { codeOf } from './code-of.js';
import { LogHistogram } from './log-histogram.js';
import type { PoolCounters, PoolTimes } from './pool-figures.js';

export class PoolRecorder implements PoolObserver {
  readonly #wait = new LogHistogram();
  readonly #connect = new LogHistogram();
  readonly #use = new LogHistogram();
  readonly #timeouts: Record<Step, number> = { wait: 0, connect: 0, validate: 0, reset: 0 };
  readonly #failures = new Map<string, number>();
  readonly #closes = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<CloseReason, number>;
  #waits = 0;
  #leaks = 0;
  #leaksReturned = 0;
  #reclaimed = 0;
  #doubleReleases = 0;
  #dirtyReleases = 0;
  #endedByServer = 0;

  acquired(waitMs: number): void {
    if (waitMs > 0) this.#waits++;
    this.#wait.record(waitMs);
  }

  released(useMs: number): void {
    this.#use.record(useMs);
  }

  created(ms: number): void {
    this.#connect.record(ms);
  }

  createFailed(error: unknown): void {
    const code = codeOf(error);
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  closed(reason: CloseReason): void {
    this.#closes[reason]++;
  }

  timedOut(step: Step): void {
    this.#timeouts[step]++;
  }

  leaked(): void {
    this.#leaks++;
  }

  leakReturned(): void {
    this.#leaksReturned++;
  }

  reclaimed(): void {
    this.#reclaimed++;
  }

  doubleRelease(): void {
    this.#doubleReleases++;
  }

  dirtyRelease(): void {
    this.#dirtyReleases++;
  }

  endedByServer(): void {
    this.#endedByServer++;
  }

  counters(): PoolCounters {
    return {
      acquires: this.#wait.count,
      waits: this.#waits,
      timeouts: { ...this.#timeouts },
      connects: this.#connect.count,
      connectFailures: Object.fromEntries(this.#failures),
      closes: { ...this.#closes },
      leaks: this.#leaks,
      leaksReturned: this.#leaksReturned,
      reclaimed: this.#reclaimed,
      doubleReleases: this.#doubleReleases,
      dirtyReleases: this.#dirtyReleases,
      endedByServer: this.#endedByServer,
    };
  }

  times(): PoolTimes {
    return { wait: this.#wait.figures(), connect: this.#connect.figures(), use: this.#use.figures() };
  }
}
